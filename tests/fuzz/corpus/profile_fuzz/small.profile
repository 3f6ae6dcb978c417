[profile]
title = small
framing = dlt645-2007
[line]
baud = 1200
data_bits = 8
parity = even
stop_bits = 1
[timing]
response_ms = 500
slow_response_ms = 800
byte_ms = 100
attempts = 2
[framing]
wake_bytes = 2
[items]
voltage.a now = 02010100 XXX.X block 0201FF00 at 0
voltage.b now = 02010200 XXX.X block 0201FF00 at 2
voltage.c now = 02010300 XXX.X block 0201FF00 at 4
energy.active.import month = 0001ttnn XXXXXX.XX tariffs block 0001FFnn
status.words now = 040005tt bits16 numbers 7 block 040005FF
clock now = 04000101 YYMMDDWW then 04000102 hhmmss
[test block]
answer = FE FE FE FE 68 18 20 12 22 20 65 68 91 0A 33 32 34 35
  33 33 33 33 C7 56 13 16
voltage.c now = 239.4
[test pair]
answer = 68 12 00 00 00 10 20 68 91 08 34 34 33 37 34 44 34 49 72 16
then = 68 12 00 00 00 10 20 68 91 07 35 34 33 37 88 86 54 DF 16
clock now = 20160111215355
