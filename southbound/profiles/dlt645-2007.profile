; Any meter that follows DL/T 645-2007: the items of its base text and the day and hour freezes of the later grid
; additions. Models that differ get a profile of their own.

[profile]
title = DL/T 645-2007
framing = dlt645-2007

[line]
baud = 2400
data_bits = 8
parity = even
stop_bits = 1

[timing]
response_ms = 1500
slow_response_ms = 2000     ; at 1200 bit/s and below
byte_ms = 500
attempts = 3

[framing]
wake_bytes = 4

[items]
; energy: total and tariffs, now and at the last settlements
energy.active.net now              = 0000tt00 SXXXXXX.XX tariffs block 0000FF00
energy.active.import now           = 0001tt00 XXXXXX.XX tariffs block 0001FF00
energy.active.export now           = 0002tt00 XXXXXX.XX tariffs block 0002FF00
energy.reactive.combined1 now      = 0003tt00 SXXXXXX.XX tariffs block 0003FF00
energy.reactive.combined2 now      = 0004tt00 SXXXXXX.XX tariffs block 0004FF00
energy.reactive.q1 now             = 0005tt00 XXXXXX.XX tariffs block 0005FF00
energy.reactive.q2 now             = 0006tt00 XXXXXX.XX tariffs block 0006FF00
energy.reactive.q3 now             = 0007tt00 XXXXXX.XX tariffs block 0007FF00
energy.reactive.q4 now             = 0008tt00 XXXXXX.XX tariffs block 0008FF00
energy.apparent.import now         = 0009tt00 XXXXXX.XX tariffs block 0009FF00
energy.apparent.export now         = 000Att00 XXXXXX.XX tariffs block 000AFF00
energy.active.net month            = 0000ttnn SXXXXXX.XX tariffs block 0000FFnn
energy.active.import month         = 0001ttnn XXXXXX.XX tariffs block 0001FFnn
energy.active.export month         = 0002ttnn XXXXXX.XX tariffs block 0002FFnn
energy.reactive.combined1 month    = 0003ttnn SXXXXXX.XX tariffs block 0003FFnn
energy.reactive.combined2 month    = 0004ttnn SXXXXXX.XX tariffs block 0004FFnn
energy.reactive.q1 month           = 0005ttnn XXXXXX.XX tariffs block 0005FFnn
energy.reactive.q2 month           = 0006ttnn XXXXXX.XX tariffs block 0006FFnn
energy.reactive.q3 month           = 0007ttnn XXXXXX.XX tariffs block 0007FFnn
energy.reactive.q4 month           = 0008ttnn XXXXXX.XX tariffs block 0008FFnn
energy.apparent.import month       = 0009ttnn XXXXXX.XX tariffs block 0009FFnn
energy.apparent.export month       = 000Attnn XXXXXX.XX tariffs block 000AFFnn
; energy at the end of a day, day 1 = the last; the meter answers total and tariffs at once
clock day                          = 050600nn YYMMDDhhmm
energy.active.import day           = 050601nn XXXXXX.XX tariffs
energy.active.export day           = 050602nn XXXXXX.XX tariffs
energy.reactive.combined1 day      = 050603nn SXXXXXX.XX tariffs
energy.reactive.combined2 day      = 050604nn SXXXXXX.XX tariffs
energy.reactive.q1 day             = 050605nn XXXXXX.XX tariffs
energy.reactive.q2 day             = 050606nn XXXXXX.XX tariffs
energy.reactive.q3 day             = 050607nn XXXXXX.XX tariffs
energy.reactive.q4 day             = 050608nn XXXXXX.XX tariffs
; energy at the end of an hour, hour 1 = the last: totals only
clock hour                         = 050400nn YYMMDDhhmm block 0504FFnn at 0
energy.active.import hour          = 050401nn XXXXXX.XX block 0504FFnn at 5
energy.active.export hour          = 050402nn XXXXXX.XX block 0504FFnn at 9
; maximum demand, 3 bytes, with its time, 5 bytes
demand.active.import now           = 0101tt00 XX.XXXX of 8 tariffs block 0101FF00
demand.active.import.time now      = 0101tt00 YYMMDDhhmm skip 3 of 8 tariffs block 0101FF00
demand.active.import month         = 0101ttnn XX.XXXX of 8 tariffs block 0101FFnn
demand.active.import.time month    = 0101ttnn YYMMDDhhmm skip 3 of 8 tariffs block 0101FFnn
demand.active.import day           = 050609nn XX.XXXX of 8 tariffs
demand.active.import.time day      = 050609nn YYMMDDhhmm skip 3 of 8 tariffs
demand.active.export now           = 0102tt00 XX.XXXX of 8 tariffs block 0102FF00
demand.active.export.time now      = 0102tt00 YYMMDDhhmm skip 3 of 8 tariffs block 0102FF00
demand.active.export month         = 0102ttnn XX.XXXX of 8 tariffs block 0102FFnn
demand.active.export.time month    = 0102ttnn YYMMDDhhmm skip 3 of 8 tariffs block 0102FFnn
demand.active.export day           = 05060Ann XX.XXXX of 8 tariffs
demand.active.export.time day      = 05060Ann YYMMDDhhmm skip 3 of 8 tariffs
; what is on the line now; a phase that is not wired is FF
voltage.a now                      = 02010100 XXX.X block 0201FF00 at 0
voltage.b now                      = 02010200 XXX.X block 0201FF00 at 2
voltage.c now                      = 02010300 XXX.X block 0201FF00 at 4
current.a now                      = 02020100 SXXX.XXX block 0202FF00 at 0
current.b now                      = 02020200 SXXX.XXX block 0202FF00 at 3
current.c now                      = 02020300 SXXX.XXX block 0202FF00 at 6
power.active now                   = 02030000 SXX.XXXX block 0203FF00 at 0
power.active.a now                 = 02030100 SXX.XXXX block 0203FF00 at 3
power.active.b now                 = 02030200 SXX.XXXX block 0203FF00 at 6
power.active.c now                 = 02030300 SXX.XXXX block 0203FF00 at 9
power.reactive now                 = 02040000 SXX.XXXX block 0204FF00 at 0
power.reactive.a now               = 02040100 SXX.XXXX block 0204FF00 at 3
power.reactive.b now               = 02040200 SXX.XXXX block 0204FF00 at 6
power.reactive.c now               = 02040300 SXX.XXXX block 0204FF00 at 9
power.apparent now                 = 02050000 SXX.XXXX block 0205FF00 at 0
power.apparent.a now               = 02050100 SXX.XXXX block 0205FF00 at 3
power.apparent.b now               = 02050200 SXX.XXXX block 0205FF00 at 6
power.apparent.c now               = 02050300 SXX.XXXX block 0205FF00 at 9
power.factor now                   = 02060000 SX.XXX block 0206FF00 at 0
power.factor.a now                 = 02060100 SX.XXX block 0206FF00 at 2
power.factor.b now                 = 02060200 SX.XXX block 0206FF00 at 4
power.factor.c now                 = 02060300 SX.XXX block 0206FF00 at 6
current.neutral now                = 02800001 SXXX.XXX
frequency now                      = 02800002 XX.XX
; the meter's clock is read as date, then time; its status words 1..7 as one block
clock now                          = 04000101 YYMMDDWW then 04000102 hhmmss
status.words now                   = 040005tt bits16 numbers 7 block 040005FF

; Captured and published frames with the values they stand for, replayed at every start.

[test total of a meter in service]
answer = 68 01 00 00 00 00 00 68 91 08 33 33 34 33 59 B3 55 44 DC 16
energy.active.import now = 112280.26

[test block of total and four tariffs]
answer = 68 12 00 00 00 00 00 68 91 18 33 32 34 33 89 67 45 33 43 33 35 33
    53 33 36 33 48 33 38 33 44 67 35 33 85 16
energy.active.import now = 1234.56
energy.active.import now t1 = 200.10
energy.active.import now t2 = 300.20
energy.active.import now t3 = 500.15
energy.active.import now t4 = 234.11

[test tariff 3 of the settlement before last]
answer = FE FE FE FE 68 94 35 21 90 88 55 68 91 08 35 36 33 33 33 33 33 33 5D 16
energy.active.net month 2 t3 = 0.00

[test two phases without voltage]
answer = FE FE FE FE 68 18 20 12 22 20 65 68 91 0A 33 32 34 35 33 33 33 33 C7 56 13 16
voltage.a now = 0.0
voltage.b now = 0.0
voltage.c now = 239.4

[test single voltage]
answer = FE FE FE FE 68 43 10 00 11 34 00 68 91 06 33 34 34 35 CA 55 EE 16
voltage.a now = 229.7

[test single current]
answer = FE FE FE FE 68 94 35 21 90 88 55 68 91 07 33 34 35 35 6B 35 33 63 16
current.a now = 0.238

[test power that flows back]
answer = 68 12 00 00 00 00 00 68 91 07 33 33 36 35 78 56 B4 CD 16
power.active now = -1.2345

[test demand with its time]
answer = 68 12 00 00 00 00 00 68 91 0C 33 33 34 34 63 66 36 63 47 49 38 57 CE 16
demand.active.import now = 3.3330
demand.active.import.time now = 20240516143000

[test date and time]
answer = 68 12 00 00 00 10 20 68 91 08 34 34 33 37 34 44 34 49 72 16
then = 68 12 00 00 00 10 20 68 91 07 35 34 33 37 88 86 54 DF 16
clock now = 20160111215355

[test time of the last day freeze]
answer = 68 12 00 00 00 10 20 68 91 09 34 33 39 38 33 33 3C 43 48 B1 16
clock day 1 = 20151009000000
