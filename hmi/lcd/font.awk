# Write the font table in C: the glyphs of printable ASCII and of every other character that stands in the text files.
# usage: LC_ALL=C awk -f font.awk unifont.hex TEXT.c... >font_table.c
# A line of unifont.hex is CODE:BITMAP, 32 hex digits for 8x16 points, 64 for 16x16. Plain POSIX awk, bytes in and out.

BEGIN {
    for (i = 1; i < 256; i++)
        byte[sprintf("%c", i)] = i
    for (i = 32; i < 127; i++)
        wanted[sprintf("%04X", i)] = 1
}

# the text files: every UTF-8 character of more than one byte is wanted
FILENAME != ARGV[1] {
    n = length($0)
    for (i = 1; i <= n; i++) {
        b = byte[substr($0, i, 1)]
        if (b < 128)
            continue
        more = b >= 240 ? 3 : b >= 224 ? 2 : 1
        code = b % (2 ^ (6 - more))
        for (; more > 0; more--)
            code = code * 64 + byte[substr($0, ++i, 1)] - 128
        wanted[sprintf("%04X", code)] = 1
    }
    next
}

# the font, read first
{
    colon = index($0, ":")
    bitmap[substr($0, 1, colon - 1)] = substr($0, colon + 1)
    order[++lines] = substr($0, 1, colon - 1)
}

END {
    print "/* Made by font.awk from GNU Unifont; licence in hmi/lcd/README.md. */"
    print "#include \"hmi/lcd/font.h\"\n"
    print "const struct glyph font_table[] = {"
    for (i = 1; i <= lines; i++) {
        code = order[i]
        if (!(code in wanted))
            continue
        delete wanted[code]
        count++
        digits = length(bitmap[code]) / 16
        rows = ""
        for (j = 0; j < 16; j++)
            rows = rows (j ? ", " : "") "0x" substr(bitmap[code], 1 + j * digits, digits)
        printf "    {0x%s, %d, {%s}},\n", code, digits * 4, rows
    }
    print "};\n"
    printf "const size_t font_count = %d;\n", count
    for (code in wanted) {
        print "font.awk: no glyph for U+" code > "/dev/stderr"
        failed = 1
    }
    exit failed
}
