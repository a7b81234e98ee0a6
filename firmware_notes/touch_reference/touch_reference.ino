// touch_reference: light touch on a force sensor and a silent button, sent as "touch line 1"
// (../protocol.md). For the Arduino Uno and boards like it; wiring in ../wiring.md.
//
// Three promises:
//  - every sample carries its sequence number, the board's own time and a checksum;
//  - loop() never waits: a line that does not fit the transmit buffer is dropped and counted,
//    and the sequence number still advances, so the host sees every loss;
//  - a button edge is stamped at its first contact and reported once it has held for 5 ms:
//    exact to a few microseconds, and deaf to glitches.
// There is no light on the board that follows force or button: the examiner must not see them.

#include <avr/eeprom.h>
#include <util/crc16.h>

// ---- what is connected (change here, or pass -DSENSOR=... to the compiler) ---------------------
#define HX711 1    // load cell with HX711 breakout on D4 (DOUT) and D5 (SCK)
#define ANALOG 2   // any sensor with an amplified voltage, 0 to 5 V, on A0
#define NAU7802 3  // load cell with NAU7802 breakout on the I2C pins (A4 SDA, A5 SCL)
#define PULSE_ANALOG 4  // pulse sensor with an analogue output (PulseSensor and its like) on A0, no force
#define MAX30102 5      // pulse sensor chip on the I2C pins, its INT on D3, no force

#ifndef SENSOR
#define SENSOR HX711
#endif
#define NONE 10
#define BELT 11   // breathing belt (or anything else), 0 to 5 V, on A1
#define PULSE 12  // MAX30102 pulse sensor on the I2C pins, beside a force

#ifndef SECOND_CHANNEL
#define SECOND_CHANNEL NONE
#endif
// A name that is not known counts as 0, and the two lists share no number: a wrong name does not compile.
#if SENSOR < HX711 || SENSOR > MAX30102
#error "SENSOR must be HX711, ANALOG, NAU7802, PULSE_ANALOG or MAX30102"
#endif
#if SECOND_CHANNEL < NONE || SECOND_CHANNEL > PULSE
#error "SECOND_CHANNEL must be NONE, BELT or PULSE"
#endif
#if SENSOR == MAX30102 && SECOND_CHANNEL == PULSE
#error "two MAX30102 share one address: a second one needs a second board"
#endif
#ifndef SAMPLES_PER_S
#if SENSOR == PULSE_ANALOG
#define SAMPLES_PER_S 200
#elif SENSOR == MAX30102
#define SAMPLES_PER_S 100
#else
#define SAMPLES_PER_S 80  // of ANALOG; an HX711 runs at what its RATE pin says, 10 or about 80
#endif
#endif
#if SENSOR == MAX30102 && SAMPLES_PER_S != 100
#error "the MAX30102 is set to 100 samples a second"
#endif
#ifndef BAUD
#define BAUD 115200
#endif

const uint8_t PIN_BUTTON = 2;  // button to ground; this pin can interrupt
const uint8_t PIN_DOUT = 4;
const uint8_t PIN_SCK = 5;
const uint8_t READINGS = 8;  // analogue readings that are summed up to one sample
const uint32_t QUIET_US = 5000;
const uint32_t STATUS_EVERY_US = 1000000;
const uint32_t HEADER_EVERY_US = 10000000;
const uint32_t LINE_US = 45 * 10000000UL / BAUD;  // most of a long line; the rest fits beside a sample
const uint32_t PATIENCE_US = 100000;  // how long a header or status line waits for a good moment

// ---- state --------------------------------------------------------------------------------------
uint32_t seq;            // number of the next sample
uint32_t txdrop;         // samples whose line did not fit the transmit buffer
uint32_t adcmiss;        // conversions that were never read
uint32_t lastSampleUs;   // when the last sample was taken
uint32_t periodUs = 1000000UL / SAMPLES_PER_S;  // between samples, as it really is
uint16_t boot;           // counts starts, kept in the EEPROM
bool framed = true;      // false: plain numbers for the Arduino plotter

// ---- lines --------------------------------------------------------------------------------------
char *putText(char *p, const char *text) { while (*text) *p++ = *text++; return p; }
char *putUnsigned(char *p, uint32_t v) { ultoa(v, p, 10); return p + strlen(p); }
char *putSigned(char *p, int32_t v) { ltoa(v, p, 10); return p + strlen(p); }
char *putField(char *p, uint32_t v) { *p++ = ','; return putUnsigned(p, v); }

bool sendIfRoom(const char *line, const char *end) {
  if (Serial.availableForWrite() < end - line) return false;
  Serial.write((const uint8_t *)line, end - line);
  return true;
}

// Adds "*", the CRC-16/CCITT-FALSE of all before it, and the line end. Needs 6 free characters.
bool sendFramed(char *line, char *end) {
  static const char HEX_DIGITS[] = "0123456789ABCDEF";
  uint16_t crc = 0xFFFF;
  for (const char *c = line; c < end; c++) crc = _crc_xmodem_update(crc, *c);
  *end++ = '*';
  for (int8_t shift = 12; shift >= 0; shift -= 4) *end++ = HEX_DIGITS[(crc >> shift) & 15];
  *end++ = '\n';
  return sendIfRoom(line, end);
}

// ---- button: stamp the first contact, confirm after 5 ms of quiet --------------------------------
volatile uint32_t firstContactUs, lastContactUs;
volatile bool contact;
bool pressed;
struct Edge { uint32_t us; bool pressed; };
Edge edges[8];  // waiting to be sent
uint8_t edgesWaiting;
uint32_t edgeCount;  // all edges so far; the host sees a jump if ever more than 8 had to wait

void onContact() {
  lastContactUs = micros();
  if (!contact) firstContactUs = lastContactUs;
  contact = true;
}

void watchButton() {
  noInterrupts();
  uint32_t first = firstContactUs;
  bool settled = contact && micros() - lastContactUs >= QUIET_US;
  bool level = digitalRead(PIN_BUTTON) == LOW;
  if (settled) contact = false;
  interrupts();
  if (!settled || level == pressed) return;  // still bouncing, or only a glitch
  pressed = level;
  edgeCount++;
  if (edgesWaiting == 8) { memmove(edges, edges + 1, sizeof edges - sizeof *edges); edgesWaiting--; }
  edges[edgesWaiting].us = first;
  edges[edgesWaiting++].pressed = level;
}

// ---- I2C -----------------------------------------------------------------------------------------
#if SENSOR == NAU7802 || SENSOR == MAX30102 || SECOND_CHANNEL == PULSE
#include <Wire.h>

void startBus() {
  Wire.begin();
  Wire.setClock(400000);
  Wire.setWireTimeout(2000, true);  // a loose wire must not stop the board
}

void writeRegister(uint8_t chip, uint8_t reg, uint8_t value) {
  Wire.beginTransmission(chip);
  Wire.write(reg);
  Wire.write(value);
  Wire.endTransmission();
}

// Bytes of consecutive registers as one number; 0 if the chip does not answer.
uint32_t readRegisters(uint8_t chip, uint8_t reg, uint8_t n) {
  Wire.beginTransmission(chip);
  Wire.write(reg);
  Wire.endTransmission(false);
  Wire.requestFrom(chip, n);
  uint32_t value = 0;
  while (Wire.available()) value = value << 8 | Wire.read();
  return value;
}
#endif

#if SENSOR == MAX30102 || SECOND_CHANNEL == PULSE
const uint8_t OXIMETER = 0x57;

void startOximeter() {
  writeRegister(OXIMETER, 0x09, 0x40);  // reset
  delay(10);
#if SENSOR == MAX30102
  writeRegister(OXIMETER, 0x02, 0x40);  // interrupt at each new sample
#endif
  writeRegister(OXIMETER, 0x08, 0x10);  // queue rolls over, no averaging
  writeRegister(OXIMETER, 0x0A, 0x27);  // 4096 nA, 100 samples/s, 18 bits
  writeRegister(OXIMETER, 0x0D, 0x24);  // infrared light, 7 mA
  writeRegister(OXIMETER, 0x11, 0x02);  // first slot: infrared
  writeRegister(OXIMETER, 0x09, 0x07);  // run the slots
}
#endif

// ---- sensors: sensorReady() says whether a conversion waits, readSensor() fetches it -------------
#if SENSOR == HX711
const char CHANNEL[] = "H,1,ch1=force:count:hx711";
const char TIMING[] = ",settle_us=50000";  // four conversions at 80 a second
void startSensor() {
  pinMode(PIN_DOUT, INPUT_PULLUP);  // with the chip unplugged: never ready
  pinMode(PIN_SCK, OUTPUT);
  digitalWrite(PIN_SCK, LOW);
}

bool sensorReady() { return digitalRead(PIN_DOUT) == LOW; }

// SCK must not stay high for more than 50 us, or the chip switches itself off.
bool clockBit() {
  noInterrupts();
  digitalWrite(PIN_SCK, HIGH);
  bool bit = digitalRead(PIN_DOUT);
  digitalWrite(PIN_SCK, LOW);
  interrupts();
  return bit;
}

int32_t readSensor() {
  uint32_t value = 0;
  for (uint8_t i = 0; i < 24; i++) value = value << 1 | clockBit();
  clockBit();  // the 25th pulse: channel A, gain 128 for the next conversion
  return (int32_t)(value << 8) >> 8;  // 24 bits with sign
}

#elif SENSOR == ANALOG || SENSOR == PULSE_ANALOG
#if SENSOR == ANALOG
const char CHANNEL[] = "H,1,ch1=force:count:adc";
#else
const char CHANNEL[] = "H,1,ch1=pulse:count:adc";
#endif
const char TIMING[] = ",settle_us=1000,range1=0..8184";
uint32_t nextUs;
void startSensor() { nextUs = micros() + periodUs; }

bool sensorReady() {
  uint32_t late = micros() - nextUs;
  if ((int32_t)late < 0) return false;
  nextUs += 1000000UL / SAMPLES_PER_S * (1 + late / (1000000UL / SAMPLES_PER_S));
  return true;
}

int32_t readSensor() {
  int32_t sum = 0;
  for (uint8_t i = 0; i < READINGS; i++) sum += analogRead(A0);
  return sum;
}

#elif SENSOR == NAU7802
const char CHANNEL[] = "H,1,ch1=force:count:nau7802";
const char TIMING[] = ",settle_us=50000";
const uint8_t CHIP = 0x2A;

void startSensor() {
  startBus();
  writeRegister(CHIP, 0x00, 0x01);  // reset
  writeRegister(CHIP, 0x00, 0x02);  // digital part on
  delay(1);
  writeRegister(CHIP, 0x00, 0x86);  // analogue part on, supplied by its own regulator
  writeRegister(CHIP, 0x01, 0x2F);  // regulator 3.0 V, gain 128
  writeRegister(CHIP, 0x02, 0x30);  // 80 conversions/s
  writeRegister(CHIP, 0x15, 0x30);  // chopper clock off, as the data sheet asks
  writeRegister(CHIP, 0x1C, 0x80);  // filter capacitor on
  writeRegister(CHIP, 0x02, 0x34);  // calibrate its own offset
  delay(500);
  writeRegister(CHIP, 0x00, 0x96);  // convert
}

bool sensorReady() {
  static uint32_t askedUs;
  if (micros() - askedUs < 500) return false;  // asking costs 0.1 ms on the bus
  askedUs = micros();
  return readRegisters(CHIP, 0x00, 1) & 0x20;
}

int32_t readSensor() { return (int32_t)(readRegisters(CHIP, 0x12, 3) << 8) >> 8; }

#elif SENSOR == MAX30102
const char CHANNEL[] = "H,1,ch1=pulse:count:max30102";
const char TIMING[] = ",settle_us=10000";
const uint8_t PIN_READY = 3;  // INT of the chip, low while a sample waits; this pin can interrupt
volatile uint32_t readyUs;    // when the newest sample was ready
volatile bool isReady;
uint8_t waiting;              // samples in the queue that are still to be sent
uint32_t waitingUs;           // when the oldest of them was ready

void onReady() {
  readyUs = micros();
  isReady = true;
}

void startSensor() {
  startBus();
  pinMode(PIN_READY, INPUT_PULLUP);
  startOximeter();
  attachInterrupt(digitalPinToInterrupt(PIN_READY), onReady, FALLING);
}

// Every sample is fetched from the queue in its order, and has the time of its interrupt, not of its fetching.
bool sensorReady() {
  if (waiting) return true;
  noInterrupts();
  uint32_t newestUs = readyUs;
  bool hasCome = isReady;
  isReady = false;
  interrupts();
  if (!hasCome && digitalRead(PIN_READY) == HIGH) return false;
  if (!hasCome) newestUs = micros();  // it came while the last one was fetched
  uint8_t queued = (readRegisters(OXIMETER, 0x04, 1) - readRegisters(OXIMETER, 0x06, 1)) & 31;
  uint8_t lost = readRegisters(OXIMETER, 0x05, 1);
  if (lost) { adcmiss += lost; queued = 32; }
  waiting = queued;
  if (queued) waitingUs = newestUs - (queued - 1) * periodUs;
  else readRegisters(OXIMETER, 0x00, 1);  // lets go of the line
  return waiting;
}

int32_t readSensor() {
  waiting--;
  waitingUs += periodUs;
  return readRegisters(OXIMETER, 0x07, 3) & 0x3FFFF;
}
#endif

// ---- second channel ------------------------------------------------------------------------------
#if SECOND_CHANNEL == BELT
const char SECOND[] = ",ch2=belt:count:adc";
void startSecond() {}
int32_t readSecond() { return analogRead(A1); }

#elif SECOND_CHANNEL == PULSE
const char SECOND[] = ",ch2=pulse:count:max30102";

void startSecond() {
  startBus();
  startOximeter();
}

// The newest value of its queue, at most 10 ms old.
int32_t readSecond() {
  uint8_t next = readRegisters(OXIMETER, 0x04, 1);
  writeRegister(OXIMETER, 0x06, (next - 1) & 31);
  return readRegisters(OXIMETER, 0x07, 3) & 0x3FFFF;
}

#else
const char SECOND[] = "";
void startSecond() {}
#endif

// Follows the true period, and counts the conversions that passed unread.
void noteTime(uint32_t now) {
  uint32_t passed = now - lastSampleUs;
  if (seq > 0) {
    if (seq == 1 || passed < periodUs / 2) periodUs = passed;
    if (passed > periodUs + periodUs / 2) adcmiss += (passed + periodUs / 2) / periodUs - 1;
    else periodUs += ((int32_t)(passed - periodUs)) / 16;
  }
  lastSampleUs = now;
}

bool urgentLineWaits();

void takeSample() {
#if SENSOR == MAX30102
  uint32_t now = waitingUs;
#else
  uint32_t now = micros();
#endif
  noteTime(now);
  char line[60], *p = line;
  int32_t raw = readSensor();
  if (framed) {
    *p++ = 'D';
    p = putField(p, seq);
    p = putField(p, now);
    *p++ = ',';
  }
  seq++;
  p = putSigned(p, raw);
#if SECOND_CHANNEL != NONE
  p = putField(p, readSecond());
#endif
  p = putField(p, pressed);
  if (!framed) {
    *p++ = '\n';
    sendIfRoom(line, p);
  } else if (urgentLineWaits() || !sendFramed(line, p)) {
    txdrop++;
  }
}

// ---- lines other than samples: edges first, then status, then header -----------------------------
bool statusDue;
uint32_t statusUs, headerUs, waitingSinceUs;
uint8_t headerLine = 1;  // next one to send, 0: none

bool sendEdge() {
  char line[40] = "B", *p = line + 1;
  p = putField(p, edgeCount - edgesWaiting + 1);
  p = putField(p, edges[0].us);
  p = putField(p, edges[0].pressed);
  if (!sendFramed(line, p)) return false;
  memmove(edges, edges + 1, sizeof edges - sizeof *edges);
  edgesWaiting--;
  return true;
}

bool sendStatus() {
  char line[60] = "S", *p = line + 1;
  p = putField(p, seq);
  p = putField(p, micros());
  p = putField(p, txdrop);
  p = putField(p, adcmiss);
  return sendFramed(line, p);
}

bool sendHeader() {
  char line[64], *p = line;
  if (headerLine == 1) {
    p = putText(p, "H,1,fw=touchref-1.0,boot=");
    p = putUnsigned(p, boot);
    p = putText(p, ",lines=3");
  } else if (headerLine == 2) {
    p = putText(p, CHANNEL);
    p = putText(p, SECOND);
  } else {
    p = putText(p, "H,1,rate=");
    p = putUnsigned(p, (1000000UL + periodUs / 2) / periodUs);
    p = putText(p, ",every_s=10");
    p = putText(p, TIMING);
  }
  if (!sendFramed(line, p)) return false;
  headerLine = headerLine == 3 ? 0 : headerLine + 1;
  return true;
}

// Once a sample has left the buffer there may be time for another line before the next sample.
bool isGoodMoment() {
  bool isEmpty = Serial.availableForWrite() == SERIAL_TX_BUFFER_SIZE - 1;
  return isEmpty && micros() - lastSampleUs + LINE_US < periodUs;
}

bool hasWaitedLong() { return (statusDue || headerLine) && micros() - waitingSinceUs >= PATIENCE_US; }

// While such a line waits for room, samples are dropped (and counted) rather than let past it.
bool urgentLineWaits() { return edgesWaiting || hasWaitedLong(); }

void sendOthers() {
  uint32_t now = micros();
  if (!statusDue && !headerLine) waitingSinceUs = now;
  if (now - statusUs >= STATUS_EVERY_US) { statusUs += STATUS_EVERY_US; statusDue = true; }
  if (now - headerUs >= HEADER_EVERY_US) { headerUs += HEADER_EVERY_US; headerLine = 1; }
  if (!framed) { edgesWaiting = 0; return; }
  if (edgesWaiting) {
    sendEdge();
  } else if (isGoodMoment() || hasWaitedLong()) {
    bool sent = statusDue ? sendStatus() : headerLine ? sendHeader() : false;
    if (sent) { statusDue = false; waitingSinceUs = now; }
  }
}

void readCommands() {
  switch (Serial.read()) {
    case '?': headerLine = 1; break;    // send the header
    case 'p': framed = false; break;    // plain numbers
    case 'f': framed = true; headerLine = 1; break;
  }
}

void setup() {
  Serial.begin(BAUD);
  Serial.write('\n');  // ends the line that a reset may have torn
  boot = eeprom_read_word((uint16_t *)0) + 1;
  eeprom_update_word((uint16_t *)0, boot);
  pinMode(PIN_BUTTON, INPUT_PULLUP);
  attachInterrupt(digitalPinToInterrupt(PIN_BUTTON), onContact, CHANGE);
  startSensor();
  startSecond();
  statusUs = headerUs = waitingSinceUs = micros();
}

void loop() {
  readCommands();
  watchButton();
  if (sensorReady()) takeSample();
  sendOthers();
}
