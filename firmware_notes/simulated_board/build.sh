#!/bin/sh
# Compiles a sketch for the Uno with Debian's Arduino core, and the harness that runs it.
#   build.sh sketch SKETCH.ino OUT.elf [-DNAME=VALUE …]
#   build.sh harness OUT
# Objects of the core are kept in $BUILD (default: ./build beside the output).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
arduino=${ARDUINO:-/usr/share/arduino/hardware/arduino/avr}
if [ $# -lt 2 ]; then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
kind=$1
shift

if [ "$kind" = harness ]; then
  exec "${CC:-cc}" -O2 -Wall -Wextra -Wno-unused-parameter -I/usr/include/simavr -o "$1" "$here/harness.c" \
    -lsimavrparts -lsimavr -lutil -lm
fi

sketch=$1
out=$2
shift 2
build=${BUILD:-$(dirname "$out")/build}
mkdir -p "$build"
board="-mmcu=atmega328p -DF_CPU=16000000UL -DARDUINO=10819 -DARDUINO_AVR_UNO -DARDUINO_ARCH_AVR"
include="-I$arduino/cores/arduino -I$arduino/variants/standard -I$arduino/libraries/Wire/src -I$arduino/libraries/Servo/src"
common="$board $include -Os -g -ffunction-sections -fdata-sections -DDECIMAL_DIG=__DECIMAL_DIG__"
cxx="$common -std=gnu++11 -fno-exceptions -fno-threadsafe-statics"

if [ ! -f "$build/core.a" ]; then
  wire=$arduino/libraries/Wire/src
  for f in "$arduino"/cores/arduino/*.c "$wire"/utility/*.c; do
    avr-gcc $common -std=gnu11 -w -c "$f" -o "$build/$(basename "$f").o"
  done
  for f in "$arduino"/cores/arduino/*.cpp "$wire"/*.cpp; do
    avr-g++ $cxx -w -fpermissive -c "$f" -o "$build/$(basename "$f").o"
  done
  avr-gcc $common -x assembler-with-cpp -c "$arduino"/cores/arduino/wiring_pulse.S -o "$build/wiring_pulse.S.o"
  rm -f "$build/core.part"
  avr-ar rcs "$build/core.part" "$build"/*.o
  mv "$build/core.part" "$build/core.a"
fi

avr-g++ $cxx -Wall -Wextra "$@" -x c++ -include Arduino.h -c "$sketch" -o "$out.sketch"
avr-gcc -mmcu=atmega328p -Os -Wl,--gc-sections -o "$out" "$out.sketch" "$build/core.a" -lm
rm -f "$out.sketch"
avr-size "$out" | tail -1
