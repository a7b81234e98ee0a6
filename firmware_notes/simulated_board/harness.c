/* An Arduino Uno made of software: runs a compiled sketch in simavr, feeds its sensors with a
 * waveform, presses its button, damages what it sends, and writes down the truth.
 *
 * A test tool. It links libsimavr (GPL-3) and is therefore never part of the touchrhythm package;
 * see README.md for the options, the script and the truth log.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <avr_adc.h>
#include <avr_eeprom.h>
#include <avr_ioport.h>
#include <avr_timer.h>
#include <avr_twi.h>
#include <avr_uart.h>
#include <sim_avr.h>
#include <sim_elf.h>

#define PIN_BUTTON 2
#define PIN_DOUT 4
#define PIN_SCK 5
#define NAU7802 0x2A
#define MAX30102 0x57
#define MOST_EVENTS 8192
#define MOST_VALUES 400000

static avr_t *avr;
static double hz = 16e6;        /* of the board's oscillator, in true seconds */
static double chip_rate = 81.04; /* conversions a second of the load cell chip */
static FILE *truth;

static double now_s(void) { return avr->cycle / hz; }
static avr_cycle_count_t cycles(double seconds) { return (avr_cycle_count_t)(seconds * hz); }

/* ---- what the sensors feel: a file of values or mean + sine + noise ---------------------------- */
struct wave { double mean, amplitude, cpm, noise; };
static struct wave force = {400000, 60000, 8, 0}, second = {2500, 400, 15, 0};
struct list { double *values; int n; };
static struct list force_list, second_list; /* if not empty, in place of the wave */
static double value_rate = 80;
static unsigned long long random_state = 88172645463325252ULL;

static double uniform(void) /* xorshift: the same numbers in every run */
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) * (1.0 / 9007199254740992.0);
}

static double level(const struct wave *w, double t)
{
	double noise = 0;
	const struct list *l = w == &force ? &force_list : &second_list;
	if (l->n) {
		int k = (int)(t * value_rate);
		return l->values[k < l->n ? k : l->n - 1];
	}
	if (w->noise > 0)
		for (int k = 0; k < 12; k++) noise += uniform() - 0.5;
	return w->mean + w->amplitude * sin(2 * M_PI * w->cpm / 60.0 * t) + w->noise * noise;
}

static void read_values(struct list *l, const char *name)
{
	FILE *f = fopen(name, "r");
	if (!f) { perror(name); exit(66); }
	l->values = malloc(MOST_VALUES * sizeof *l->values);
	while (l->n < MOST_VALUES && fscanf(f, "%lf", &l->values[l->n]) == 1) l->n++;
	fclose(f);
	if (!l->n) { fprintf(stderr, "%s: no numbers\n", name); exit(65); }
}

/* ---- analogue inputs: the value is set at the start of each conversion -------------------------- */
static avr_irq_t *analogue[2];

static void on_adc(avr_irq_t *irq, uint32_t value, void *param)
{
	union { avr_adc_mux_t mux; uint32_t value; } which = {.value = value};
	int channel = which.mux.src == 1;
	uint32_t mv = (uint32_t)lrint(level(channel ? &second : &force, now_s()));
	avr_raise_irq(analogue[channel], mv);
	if (truth) fprintf(truth, "A%d,%llu,%u\n", channel, (unsigned long long)avr->cycle, mv);
}

/* ---- conversions of the load cell chips ---------------------------------------------------------- */
static int32_t conversion;
static int hx_bit = -1;  /* -1: nothing to fetch; 0: ready; 1 to 24: being clocked out */
static int nau_ready, nau_on;
static avr_cycle_count_t sck_rise;
static long conversions, unread, switched_off;
static avr_irq_t *dout;

static void set_pin(int pin, avr_irq_t *irq, int high)
{
	/* simavr 1.6 drives inputs with a pull-up high again at any write to their port,
	 * so the level must also be kept as the pin's outside default */
	static uint8_t outside;
	avr_ioport_external_t ext = {.name = 'D', .mask = 1 << PIN_BUTTON | 1 << PIN_DOUT};
	outside = (outside & ~(1 << pin)) | (high ? 1 << pin : 0);
	ext.value = outside;
	avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('D'), &ext);
	avr_raise_irq(irq, high);
}

static avr_cycle_count_t on_conversion(avr_t *a, avr_cycle_count_t when, void *param)
{
	if (hx_bit <= 0) {
		if (hx_bit == 0 || nau_ready) unread++;
		conversion = (int32_t)lrint(level(&force, now_s()));
		if (conversion > 0x7FFFFF) conversion = 0x7FFFFF;
		if (conversion < -0x800000) conversion = -0x800000;
		conversions++;
		hx_bit = 0;
		nau_ready = 1;
		set_pin(PIN_DOUT, dout, 0);
		if (truth) fprintf(truth, "C,%llu,%d\n", (unsigned long long)avr->cycle, conversion);
	}
	return when + cycles(1.0 / chip_rate);
}

static void on_sck(avr_irq_t *irq, uint32_t high, void *param)
{
	if (!high) {
		if (sck_rise && avr->cycle - sck_rise > cycles(60e-6)) switched_off++;
		return;
	}
	sck_rise = avr->cycle;
	if (hx_bit < 0) return;
	if (++hx_bit <= 24) {
		set_pin(PIN_DOUT, dout, conversion >> (24 - hx_bit) & 1);
	} else {
		hx_bit = -1;
		nau_ready = 0;
		set_pin(PIN_DOUT, dout, 1);
	}
}

static avr_irq_t *twi_in;
static uint8_t nau_register[32], pulse_register[32], pointer, selected, written;

static uint8_t nau_read(void)
{
	uint8_t reg = pointer++ & 31;
	if (reg == 0) return (nau_register[0] & ~0x20) | 0x08 | (nau_on && nau_ready ? 0x20 : 0);
	if (reg >= 0x12 && reg <= 0x14) {
		nau_ready = 0;
		hx_bit = -1;
		return conversion >> (8 * (0x14 - reg)) & 255;
	}
	return nau_register[reg];
}

static int32_t light[32]; /* the pulse sensor's queue */
static uint8_t next_light, light_byte;
static avr_irq_t *ready; /* its interrupt: low while a sample waits */

static avr_cycle_count_t on_light(avr_t *a, avr_cycle_count_t when, void *param)
{
	if (pulse_register[0x09] == 0x07) {
		light[next_light] = (int32_t)lrint(level(&second, now_s())) & 0x3FFFF;
		if (truth) fprintf(truth, "P,%llu,%d\n", (unsigned long long)avr->cycle, light[next_light]);
		next_light = (next_light + 1) & 31;
		if (pulse_register[0x02] & 0x40) avr_raise_irq(ready, 0);
	}
	return when + cycles(0.01);
}

static uint8_t pulse_read(void)
{
	if (pointer == 0x00 || pointer == 0x07) avr_raise_irq(ready, 1);
	if (pointer == 0x04) return next_light;
	if (pointer != 0x07) return pulse_register[pointer++ & 31];
	uint8_t byte = light[pulse_register[0x06] & 31] >> (8 * (2 - light_byte)) & 255;
	light_byte = (light_byte + 1) % 3;
	if (!light_byte) pulse_register[0x06]++;
	return byte;
}

static void write_register(uint8_t value)
{
	if (written++ == 0) { pointer = value; light_byte = 0; return; }
	(selected >> 1 == NAU7802 ? nau_register : pulse_register)[pointer & 31] = value;
	if (selected >> 1 == NAU7802 && pointer == 0) { nau_on = value >> 4 & 1; nau_ready = 0; }
	pointer++;
}

static void on_twi(avr_irq_t *irq, uint32_t value, void *param)
{
	avr_twi_msg_irq_t m;
	m.u.v = value;
	if (m.u.twi.msg & TWI_COND_STOP) selected = 0;
	if (m.u.twi.msg & TWI_COND_START) {
		int chip = m.u.twi.addr >> 1;
		selected = chip == NAU7802 || chip == MAX30102 ? m.u.twi.addr : 0;
		written = 0;
		if (selected) avr_raise_irq(twi_in, avr_twi_irq_msg(TWI_COND_ACK, selected, 1));
	}
	if (!selected) return;
	if (m.u.twi.msg & TWI_COND_WRITE) {
		avr_raise_irq(twi_in, avr_twi_irq_msg(TWI_COND_ACK, selected, 1));
		write_register(m.u.twi.data);
	}
	if (m.u.twi.msg & TWI_COND_READ) {
		uint8_t byte = selected >> 1 == NAU7802 ? nau_read() : pulse_read();
		avr_raise_irq(twi_in, avr_twi_irq_msg(TWI_COND_READ, selected, byte));
	}
}

/* ---- the serial line ------------------------------------------------------------------------------ */
static int line_out = -1, terminal = -1, is_pty, is_pulled, corrupt, drop;
static long n_bytes, waits;
static uint8_t packet[62];   /* what the USB chip has not handed on yet */
static unsigned n_packet;
static double latency, packet_since; /* how long the chip collects, and since when it does */
static avr_irq_t *uart_in;

static volatile uint64_t *shown_ns; /* the true time, for a reader that goes by the board's time */

static void show_time(void) { if (shown_ns) *shown_ns = (uint64_t)(now_s() * 1e9); }

static volatile sig_atomic_t is_stopped;

static void stop(int number) { is_stopped = 1; }

/* In step with its reader: no time passes until the reader has fetched what is there. */
static void wait_for_reader(void)
{
	int unread;
	for (int tries = 0; tries < 600000 && !is_stopped; tries++) {
		if (ioctl(terminal, FIONREAD, &unread) || !unread) break;
		usleep(tries < 20 ? 20 : 100);
	}
	usleep(200); /* in which the reader looks at the clock */
}

static void hand_on(void)
{
	static int abandoned; /* nobody has read for ten seconds: bytes are lost, as on a real line */
	unsigned done = 0, n = n_packet;
	n_packet = 0;
	if (line_out < 0 || is_pulled) return;
	for (int tries = 0; done < n; tries++) {
		ssize_t written = write(line_out, packet + done, n - done);
		if (written > 0) { done += (unsigned)written; continue; }
		if (errno != EAGAIN && errno != EINTR) { perror("output"); exit(74); }
		if (abandoned || tries > 50000) { abandoned = 1; return; }
		waits++;
		usleep(200);
	}
	abandoned = 0;
	if (!shown_ns || !is_pty) return;
	show_time();
	wait_for_reader();
}

static void send_byte(uint8_t byte)
{
	if (!n_packet) packet_since = now_s();
	packet[n_packet++] = byte;
	if (n_packet == sizeof packet || latency <= 0) hand_on();
}

static void on_uart(avr_irq_t *irq, uint32_t value, void *param)
{
	uint8_t byte = (uint8_t)value;
	n_bytes++;
	if (truth && byte == '\n') fprintf(truth, "L,%llu,%ld\n", (unsigned long long)avr->cycle, n_bytes);
	if (drop) { drop--; return; }
	if (corrupt) { corrupt--; byte ^= 0x11; }
	send_byte(byte);
}

static void take_commands(void) /* bytes that the host wrote to the pty */
{
	uint8_t byte;
	if (is_pty && !is_pulled && read(line_out, &byte, 1) == 1) avr_raise_irq(uart_in, byte);
}

/* ---- the script ----------------------------------------------------------------------------------- */
struct event { double t; char what[12]; int n; };
static struct event events[MOST_EVENTS];
static int n_events, next_event;
static avr_irq_t *button;

static void add(double t, const char *what, int n)
{
	if (n_events == MOST_EVENTS) { fprintf(stderr, "script: too many events\n"); exit(65); }
	events[n_events].t = t;
	events[n_events].n = n;
	snprintf(events[n_events++].what, sizeof events->what, "%s", what);
}

static void add_contact(double t, int high)
{
	static const double bounce_ms[] = {0, .4, .9, 1.3, 2.1, 2.9, 3.0};
	for (int k = 0; k < 7; k++) add(t + bounce_ms[k] / 1e3, "pin", k & 1 ? !high : high);
}

static int is_known(const char *what)
{
	static const char *known[] = {"press", "release", "glitch", "corrupt", "drop", "garbage", "reset", "command", "pull", "plug"};
	for (unsigned k = 0; k < sizeof known / sizeof *known; k++)
		if (!strcmp(what, known[k])) return 1;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	if (x->t != y->t) return x->t < y->t ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void read_script(const char *name)
{
	char text[128], what[12], arg[12];
	double ms;
	FILE *f = fopen(name, "r");
	if (!f) { perror(name); exit(66); }
	for (int number = 1; fgets(text, sizeof text, f); number++) {
		arg[0] = 0;
		if (text[0] == '#' || text[0] == '\n') continue;
		if (sscanf(text, "%lf %11s %11s", &ms, what, arg) < 2 || !is_known(what)) {
			fprintf(stderr, "%s, line %d: not understood: %s", name, number, text);
			exit(65);
		}
		int n = arg[0] ? (what[0] == 'c' && what[2] == 'm' ? arg[0] : atoi(arg)) : 1;
		add(ms / 1e3, what, n);
		if (!strcmp(what, "press")) add_contact(ms / 1e3, 0);
		if (!strcmp(what, "release")) add_contact(ms / 1e3, 1);
		if (!strcmp(what, "pull")) add((ms + n) / 1e3, "plug", 0);
		if (!strcmp(what, "glitch")) { add(ms / 1e3, "pin", 0); add(ms / 1e3 + n * 1e-6, "pin", 1); }
	}
	fclose(f);
	qsort(events, n_events, sizeof *events, by_time);
}

static void reset_board(void)
{
	/* simavr 1.6: a reset leaves pins as they were, filters unchanged levels and drops all timers */
	avr_reset(avr);
	set_pin(PIN_BUTTON, button, 0);
	set_pin(PIN_BUTTON, button, 1);
	hx_bit = -1;
	nau_on = nau_ready = 0;
	set_pin(PIN_DOUT, dout, 0);
	set_pin(PIN_DOUT, dout, 1);
	avr_cycle_timer_register(avr, cycles(0.1), on_conversion, NULL);
	avr_cycle_timer_register(avr, cycles(0.01), on_light, NULL);
}

static void wait_for_opening(const char *name) /* in step, the board starts when somebody has opened its port */
{
	struct pollfd end = {.fd = line_out};
	close(terminal);
	for (int tries = 0; tries < 60000 && !is_stopped; tries++) {
		if (poll(&end, 1, 0) >= 0 && !(end.revents & POLLHUP)) break;
		usleep(1000);
	}
	usleep(200000); /* whoever opens a port then sets it up and throws away what has come */
	terminal = open(name, O_RDWR | O_NOCTTY);
}

static void open_pty(void)
{
	char name[64];
	struct termios mode;
	if (openpty(&line_out, &terminal, name, NULL, NULL)) { perror("pty"); exit(74); }
	tcgetattr(terminal, &mode);
	cfmakeraw(&mode);
	tcsetattr(terminal, TCSANOW, &mode);
	fcntl(line_out, F_SETFL, O_NONBLOCK);
	printf("pty %s\n", name);
	fflush(stdout);
	if (shown_ns) wait_for_opening(name);
}

static void pull(void) /* the cable: what is on the way is lost, and the port is gone */
{
	is_pulled = 1;
	if (!is_pty) return;
	close(line_out);
	close(terminal);
	printf("pulled\n");
	fflush(stdout);
}

static void plug(void) /* the board has had no supply meanwhile: it starts anew */
{
	is_pulled = 0;
	n_packet = 0;
	if (is_pty) open_pty();
	reset_board();
}

static void run_events(void)
{
	while (next_event < n_events && now_s() >= events[next_event].t) {
		struct event *e = &events[next_event++];
		if (!strcmp(e->what, "pin")) { set_pin(PIN_BUTTON, button, e->n); continue; }
		if (!strcmp(e->what, "corrupt")) corrupt = e->n;
		if (!strcmp(e->what, "drop")) drop = e->n;
		if (!strcmp(e->what, "reset")) reset_board();
		if (!strcmp(e->what, "pull")) pull();
		if (!strcmp(e->what, "plug")) plug();
		if (!strcmp(e->what, "command")) avr_raise_irq(uart_in, e->n);
		if (!strcmp(e->what, "garbage"))
			for (int k = 0; k < e->n; k++) send_byte((uint8_t)(uniform() * 256));
		if (truth) fprintf(truth, "E,%llu,%s,%d\n", (unsigned long long)avr->cycle, e->what, e->n);
	}
}

/* ---- the board ------------------------------------------------------------------------------------ */
static uint32_t symbol(const char *elf, const char *name)
{
	char command[1200], text[256], found[128];
	unsigned long at;
	uint32_t result = 0;
	snprintf(command, sizeof command, "avr-nm '%s'", elf);
	FILE *p = popen(command, "r");
	while (p && fgets(text, sizeof text, p))
		if (sscanf(text, "%lx %*s %127s", &at, found) == 2 && !strcmp(found, name)) result = (uint32_t)at;
	if (p) pclose(p);
	if (!result) { fprintf(stderr, "%s: no symbol %s\n", elf, name); exit(65); }
	return result;
}

static void idle(avr_t *a, avr_cycle_count_t how_long) {}

static void make_board(const char *elf)
{
	static elf_firmware_t firmware;
	if (elf_read_firmware(elf, &firmware)) exit(66);
	avr = avr_make_mcu_by_name("atmega328p");
	avr_init(avr);
	avr->log = LOG_ERROR;
	avr_load_firmware(avr, &firmware);
	avr->frequency = 16000000;
	avr->vcc = avr->avcc = avr->aref = 5000;
	avr->sleep = idle;
	uint32_t flags = 0;
	avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
	flags &= ~(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
	avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
	uart_in = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_uart, NULL);
	for (int k = 0; k < 2; k++)
		analogue[k] = avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + k);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_OUT_TRIGGER), on_adc, NULL);
	dout = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), PIN_DOUT);
	button = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), PIN_BUTTON);
	ready = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), 3);
	avr_raise_irq(ready, 1);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), PIN_SCK), on_sck, NULL);
	twi_in = avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_INPUT);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_OUTPUT), on_twi, NULL);
	set_pin(PIN_DOUT, dout, 1);
	set_pin(PIN_BUTTON, button, 1);
	avr_cycle_timer_register(avr, cycles(0.1), on_conversion, NULL);
	avr_cycle_timer_register(avr, cycles(0.01), on_light, NULL);
}

static double wall(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static void run_board(double seconds, double speed, uint32_t start_us, const char *elf)
{
	uint32_t at_setup = start_us ? symbol(elf, "setup") : 0;
	uint32_t overflows = start_us ? symbol(elf, "timer0_overflow_count") & 0xFFFF : 0;
	double started = wall();
	avr_cycle_count_t next_look = 0;
	int state = cpu_Running;
	while (now_s() < seconds && !is_stopped && state != cpu_Done && state != cpu_Crashed) {
		state = avr_run(avr);
		if (at_setup && avr->pc == at_setup) { /* micros() counts overflows of 1024 us */
			for (int k = 0; k < 4; k++) avr->data[overflows + k] = start_us / 1024 >> (8 * k);
			at_setup = 0;
		}
		if (next_event < n_events) run_events();
		if (avr->cycle >= next_look) {
			next_look = avr->cycle + 16000;
			if (n_packet && now_s() - packet_since >= latency) hand_on();
			take_commands();
			show_time();
			double ahead = speed > 0 ? now_s() / speed - (wall() - started) : 0;
			if (ahead > 0.001) usleep((useconds_t)(ahead * 1e6));
		}
	}
	fprintf(stderr, "{\"seconds\": %.3f, \"wall_s\": %.3f, \"bytes\": %ld, \"waits\": %ld, \"conversions\": %ld,"
		" \"unread\": %ld, \"switched_off\": %ld, \"crashed\": %d}\n", now_s(), wall() - started, n_bytes, waits,
		conversions, unread, switched_off, state == cpu_Crashed);
}

static void share_time(const char *name)
{
	int f = open(name, O_RDWR | O_CREAT, 0644);
	if (f < 0 || ftruncate(f, sizeof *shown_ns)) { perror(name); exit(73); }
	shown_ns = mmap(NULL, sizeof *shown_ns, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	if (shown_ns == MAP_FAILED) { perror(name); exit(73); }
	close(f);
}

static void wave_of(struct wave *w, const char *text)
{
	if (sscanf(text, "%lf,%lf,%lf,%lf", &w->mean, &w->amplitude, &w->cpm, &w->noise) != 4) {
		fprintf(stderr, "a wave is MEAN,AMPLITUDE,CPM,NOISE, got %s\n", text);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	const char *elf = NULL, *script = NULL, *truth_name = NULL, *out = NULL;
	double seconds = 10, speed = 0;
	uint32_t start_us = 0;
	for (int o; (o = getopt(argc, argv, "e:s:t:po:r:T:c:k:f:w:v:W:a:b:l:n:")) > 0;) switch (o) {
		case 'e': elf = optarg; break;
		case 's': script = optarg; break;
		case 't': seconds = atof(optarg); break;
		case 'p': is_pty = 1; break;
		case 'o': out = optarg; break;
		case 'r': speed = atof(optarg); break;
		case 'T': truth_name = optarg; break;
		case 'c': start_us = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'k': hz = 16e6 * (1 + atof(optarg) * 1e-6); break;
		case 'f': chip_rate = atof(optarg); break;
		case 'w': read_values(&force_list, optarg); break;
		case 'v': read_values(&second_list, optarg); break;
		case 'n': share_time(optarg); break;
		case 'l': latency = atof(optarg) * 1e-3; break;
		case 'W': value_rate = atof(optarg); break;
		case 'a': wave_of(&force, optarg); break;
		case 'b': wave_of(&second, optarg); break;
		default: return 2;
	}
	if (!elf) { fprintf(stderr, "harness -e SKETCH.elf [-t SECONDS] [-o FILE | -p] …, see README.md\n"); return 2; }
	if (script) read_script(script);
	if (truth_name && !(truth = fopen(truth_name, "w"))) { perror(truth_name); return 73; }
	if (out && (line_out = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644)) < 0) { perror(out); return 73; }
	make_board(elf);
	signal(SIGTERM, stop);
	if (is_pty) { open_pty(); usleep(500000); } /* half a second for the reader to open it */
	run_board(seconds, speed, start_us, elf);
	if (truth) fclose(truth);
	hand_on();
	if (is_pty) usleep(300000);
	return 0;
}
