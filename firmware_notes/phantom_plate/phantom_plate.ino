// phantom_plate: a second board that moves a plate at a rate the host sets, for trials whose truth
// is known (../phantom.md). Servo signal or coil drive on D9 of an Uno. It has no light and says
// nothing about the rate that it runs at, so that the people in the room stay blind.
//
// Commands, each ended by a line feed or ";":
//   r8.25   move at 8.25 cycles per minute, 0 to 30; from the middle, at full amplitude after one
//           cycle; r0 comes to rest in the middle within one cycle (a trial without motion)
//   a40     amplitude in percent of the full stroke, 0 to 100
//   ?       header
// It answers "ok" or "no" to each, and sends P,<n>,<t_us>*CRC at the start of every cycle
// (upward through the middle), in the framing of touch line 1.

#include <util/crc16.h>

#define SERVO 1  // hobby servo with a lever: pulses of 1 to 2 ms, 50 a second
#define COIL 2   // voice coil or small loudspeaker over a transistor: 15.6 kHz pulse width
#ifndef ACTUATOR
#define ACTUATOR SERVO
#endif

const uint8_t PIN_DRIVE = 9;
const uint32_t STEP_US = 20000;  // one new position every 20 ms

float rate;              // cycles a second that the plate moves at
bool running;            // false: it comes to rest, still at the last rate
float amplitude = 0.5;   // share of the full stroke
float gain;              // follows running within one cycle, so that start and stop are not felt
float phase;             // 0 to 1
uint32_t cycleCount, lastStepUs;

void sendFramed(char *line) {
  static const char HEX_DIGITS[] = "0123456789ABCDEF";
  uint16_t crc = 0xFFFF;
  for (const char *c = line; *c; c++) crc = _crc_xmodem_update(crc, *c);
  Serial.print(line);
  Serial.write('*');
  for (int8_t shift = 12; shift >= 0; shift -= 4) Serial.write(HEX_DIGITS[(crc >> shift) & 15]);
  Serial.write('\n');
}

void sendHeader() {
  char line[] = "H,1,fw=phantom-1.0,lines=1";
  sendFramed(line);
}

void sendCycle(uint32_t now) {
  char line[32] = "P,";
  ultoa(++cycleCount, line + 2, 10);
  strcat(line, ",");
  ultoa(now, line + strlen(line), 10);
  sendFramed(line);
}

// Position from -1 to 1. Timer 1 makes the signal, so that it is steady whatever loop() does.
void drive(float position) {
#if ACTUATOR == SERVO
  OCR1A = 3000 + (int16_t)(1000 * position);  // 1.5 ms in the middle, steps of 0.5 us
#else
  OCR1A = 512 + (int16_t)(511 * position);
#endif
}

void startDrive() {
  pinMode(PIN_DRIVE, OUTPUT);
#if ACTUATOR == SERVO
  ICR1 = 39999;  // 20 ms
  TCCR1A = _BV(COM1A1) | _BV(WGM11);
  TCCR1B = _BV(WGM13) | _BV(WGM12) | _BV(CS11);  // fast PWM up to ICR1, 2 MHz
#else
  TCCR1A = _BV(COM1A1) | _BV(WGM11) | _BV(WGM10);
  TCCR1B = _BV(WGM12) | _BV(CS10);  // fast PWM, 10 bits
#endif
  drive(0);
}

void move() {
  uint32_t now = micros();
  if (now - lastStepUs < STEP_US) return;
  float passed = (now - lastStepUs) * 1e-6f;
  lastStepUs = now;
  float cycles = rate * passed;
  gain = running ? min(1.0f, gain + cycles) : max(0.0f, gain - cycles);
  if (gain > 0) phase += cycles;
  if (phase >= 1) {
    phase -= 1;
    if (gain > 0) sendCycle(now);
  }
  drive(gain * amplitude * sin(2 * PI * phase));
}

bool setRate(float cpm) {
  if (!(cpm >= 0 && cpm <= 30)) return false;
  running = cpm > 0;
  if (!running) return true;
  if (gain <= 0) phase = 0;
  rate = cpm / 60;
  return true;
}

bool setAmplitude(float percent) {
  if (!(percent >= 0 && percent <= 100)) return false;
  amplitude = percent / 100;
  return true;
}

bool obey(const char *command) {
  if (command[0] == '?' && !command[1]) { sendHeader(); return true; }
  char *end;
  float value = strtod(command + 1, &end);
  if (!isDigit(command[1]) || *end) return false;
  return command[0] == 'r' ? setRate(value) : command[0] == 'a' ? setAmplitude(value) : false;
}

void readCommands() {
  static char command[12];
  static uint8_t length;
  int c = Serial.read();
  if (c < 0 || c == '\r') return;
  if (c != ';' && c != '\n') {
    if (length < sizeof command - 1) command[length++] = c;
    return;
  }
  if (!length) return;
  command[length] = 0;
  length = 0;
  Serial.print(obey(command) ? "ok\n" : "no\n");
}

void setup() {
  Serial.begin(115200);
  startDrive();
  sendHeader();
  lastStepUs = micros();
}

void loop() {
  readCommands();
  move();
}
