#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "southbound/driver.h"
#include "southbound/profile.h"

static struct profile profile;
static char error[PROFILE_ERROR];

static void test_shipped(void **state)
{
    (void)state;
    static const struct {
        uint16_t quantity;
        uint8_t period;
    } must[] = {
        {Q_EP_IMP, PERIOD_NOW},      {Q_EP_IMP, PERIOD_DAY}, {Q_EP_IMP, PERIOD_HOUR},
        {Q_EP_IMP, PERIOD_MONTH},    {Q_EP_EXP, PERIOD_DAY}, {Q_EQ_Q4, PERIOD_NOW},
        {Q_CLOCK, PERIOD_NOW},       {Q_CLOCK, PERIOD_DAY},  {Q_CLOCK, PERIOD_HOUR},
        {Q_U_C, PERIOD_NOW},         {Q_I_A, PERIOD_NOW},    {Q_P, PERIOD_NOW},
        {Q_Q_C, PERIOD_NOW},         {Q_PF_A, PERIOD_NOW},   {Q_STATUS_WORDS, PERIOD_NOW},
        {Q_MD_IMP_TIME, PERIOD_NOW},
    };

    if (profile_load(CN_SOURCE_DIR "/southbound/profiles/dlt645-2007.profile", &profile, error) < 0)
        fail_msg("%s", error);
    assert_string_equal(profile.name, "dlt645-2007");
    assert_ptr_equal(profile.driver, driver_by_protocol(30));
    assert_string_equal(profile.driver->profile, profile.name);
    assert_int_equal(profile.line.baud, 2400);
    assert_int_equal(profile.line.parity, 'E');
    assert_int_equal(profile.response_ms, 1500);
    assert_int_equal(profile.wake_bytes, 4);
    assert_in_range(profile.test_count, 9, 20);
    for (size_t i = 0; i < sizeof must / sizeof *must; i++)
        assert_non_null(profile_item(&profile, must[i].quantity, must[i].period));
    assert_null(profile_item(&profile, Q_FREQUENCY, PERIOD_DAY));
    /* every phase of a quantity sits in one block, the whole hour freeze too */
    const struct dlt645_spec *a = &profile_item(&profile, Q_U_A, PERIOD_NOW)->dlt645;
    const struct dlt645_spec *c = &profile_item(&profile, Q_U_C, PERIOD_NOW)->dlt645;
    assert_int_equal(a->block_no, c->block_no);
    assert_int_equal(a->block_size, 6);
    assert_int_equal(profile_item(&profile, Q_CLOCK, PERIOD_HOUR)->dlt645.block_size, 13);
}

#define HEAD                                                                                                 \
    "[profile]\ntitle = T\nframing = dlt645-2007\n"                                                          \
    "[line]\nbaud = 2400\ndata_bits = 8\nparity = even\nstop_bits = 1\n"                                     \
    "[timing]\nresponse_ms = 1500\nslow_response_ms = 2000\nbyte_ms = 500\nattempts = 3\n"                   \
    "[framing]\nwake_bytes = 4\n"                          /* 15 lines */
#define ITEMS  "[items]\nvoltage.a now = 02010100 XXX.X\n" /* 16, 17 */
#define ANSWER "68 43 10 00 11 34 00 68 91 06 33 34 34 35 CA 55 EE 16"
#define TEST   "[test one]\nanswer = " ANSWER "\nvoltage.a now = 229.7\n" /* 18, 19, 20 */

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error; /* the error without "x/y.profile:" */
    } bad[] = {
        {"", "0: [profile] title is missing"},
        {"\0", "0: [profile] title is missing"},
        {"[profile]\ntitle\n", "2: neither [section] nor key = value"},
        {"[profile]\ncolour = red\n", "2: [profile] has no key \"colour\""},
        {"[profil]\ntitle = T\n", "2: section [profil] is not known"},
        {"title = T\n", "1: section [] is not known"},
        {"[profile]\ntitle = T\ntitle = T\n", "3: title stands here twice"},
        {"[profile]\nframing = modbus\n", "2: framing: \"modbus\" is not known"},
        {"[line]\nbaud = 2400x\n", "2: baud: \"2400x\" is not a number 300..115200"},
        {"[line]\nbaud = 100\n", "2: baud: \"100\" is not a number 300..115200"},
        {"[line]\nparity = odds\n", "2: parity: \"odds\" is not even, odd or none"},
        {"[timing]\nattempts = 0\n", "2: attempts: \"0\" is not a number 1..5"},
        {"[timing]\nbyte_ms =\n", "2: byte_ms: \"\" is not a number 20..2000"},
        {"[items]\nvoltage.a now = 02010100 XXX.X\n", "2: framing must stand before [items]"},
        {HEAD "[items]\nvoltage.q now = 02010100 XXX.X\n", "17: \"voltage.q now\": no such quantity"},
        {HEAD "[items]\nvoltage.a = 02010100 XXX.X\n",
         "17: \"voltage.a\": the period is not now, day, hour or month"},
        {HEAD "[items]\nvoltage.a now 3 = 02010100 XXX.X\n", "17: \"voltage.a now 3\": too many words"},
        {HEAD "[items]\nvoltage.a now = 02010100 XXX.Y\n", "17: \"XXX.Y\" is no number, time or bits format"},
        {HEAD ITEMS "voltage.a now = 02010100 XXX.X\n", "18: voltage.a now stands here twice"},
        {HEAD ITEMS, "17: there is no test: a profile proves itself with captured frames"},
        {HEAD "[items]\n" TEST, "19: the test asks for an item that [items] does not have"},
        {HEAD, "15: there are no items"},
        {HEAD ITEMS "[test one]\nanswer = " ANSWER "\n", "18: a test needs an answer and at least one value"},
        {HEAD ITEMS "[test one]\n[test two]\nanswer = " ANSWER "\nvoltage.a now = 229.7\n",
         "18: a test needs an answer and at least one value"},
        {HEAD ITEMS "[test one]\nvoltage.a now = 229.7\n",
         "18: a test needs an answer and at least one value"},
        {HEAD ITEMS "[test one]\nanswer = " ANSWER "\nvoltage.a now = 229.8\n",
         "20: the answer decodes to 229.7, not 229.8"},
        {HEAD ITEMS "[test one]\nanswer = " ANSWER "\nvoltage.a now = 229.70\n",
         "20: the answer decodes to 229.7, not 229.70"},
        {HEAD ITEMS "[test one]\nanswer = " ANSWER "\nvoltage.a now = -\n",
         "20: the answer decodes to 229.7, not -"},
        {HEAD ITEMS "[test one]\nanswer = " ANSWER "\nvoltage.a now t1 = 229.7\n",
         "20: the answer has no tariff 1"},
        {HEAD ITEMS "[test one]\nanswer = " ANSWER "\nvoltage.a now 1 = 229.7\n",
         "20: the answer is for period 0"},
        {HEAD ITEMS "[test one]\nanswer = " ANSWER "\nvoltage.b now = 229.7\n",
         "20: the test asks for an item that [items] does not have"},
        {HEAD ITEMS "voltage.b now = 02010200 XXX.X\n[test one]\nanswer = " ANSWER
                    "\nvoltage.b now = 229.7\n",
         "21: the answer is not for this item"},
        {HEAD ITEMS "[test one]\nanswer = 68 43 10 00 11 34 00 68 91 06 33 34 34 35 CA 55 EF 16\nvoltage.a "
                    "now = 229.7\n",
         "18: the captured answer is refused: the checksum is wrong"},
        {HEAD ITEMS
         "[test one]\nanswer = 68 43 10 00 11 34 00 68 91 06 33 34 34 35 CA 55 EE\nvoltage.a now = 229.7\n",
         "18: the captured answer is refused: more bytes are needed"},
        /* a request is no answer */
        {HEAD ITEMS
         "[test one]\nanswer = 68 43 10 00 11 34 00 68 11 04 33 34 34 35 4D 16\nvoltage.a now = 229.7\n",
         "18: the captured answer is refused: the frame is malformed"},
        {HEAD ITEMS "[test one]\nanswer = 68 4G\n", "19: answer: not hex bytes"},
        {HEAD ITEMS "[test one]\nanswer = 68\nanswer = 68\n", "20: answer stands here twice"},
        {HEAD ITEMS "[test one]\nanswer = " ANSWER "\nvoltage.a now = 22,97\n",
         "20: \"22,97\" is no decimal number"},
        {HEAD ITEMS TEST " [test two]\n", "21: a section starts at the beginning of its line"},
        {HEAD "[items]\nvoltage.a now = 02010100 XXX.X block 0201FF00 at 0\n"
              "current.a now = 02020100 XXX.XXX tariffs block 0201FF00\n[test one]\nanswer = 68\nvoltage.a "
              "now = 1\n[items]\n",
         "19: items of block 0201FF00 have different shapes"},
    };
    char expected[PROFILE_ERROR];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int rc = profile_parse("x/y.profile", bad[i].text, strlen(bad[i].text), &profile, error);
        snprintf(expected, sizeof expected, "x/y.profile:%s", bad[i].error);
        if (rc != CN_E_CONFIG || strcmp(error, expected) != 0)
            fail_msg("said \"%s\", not \"%s\"", error, expected);
    }
}

static void test_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {
        HEAD ITEMS TEST,
        HEAD ITEMS "[test one]\nanswer = 68 43 10 00 11 34 00\n   68 91 06 33 34 34 35\n\tCA 55 EE "
                   "16\nvoltage.a now = 229.7\n",
        "\xEF\xBB\xBF" HEAD ITEMS TEST,
        "; comment\n# comment\n\n[profile]\r\ntitle = T ; words\r\nframing = dlt645-2007\n"
        "[line]\nbaud = 2400\ndata_bits = 8\nparity = even\nstop_bits = 1\n"
        "[timing]\nresponse_ms = 1500\nslow_response_ms = 2000\nbyte_ms = 500\nattempts = 3\n"
        "[framing]\nwake_bytes = 4\n" ITEMS TEST,
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (profile_parse("x/y.profile", good[i], strlen(good[i]), &profile, error) < 0)
            fail_msg("%s", error);
        assert_string_equal(profile.name, "y");
        assert_string_equal(profile.title, "T");
        assert_int_equal(profile.test_count, 1);
    }
    /* a test hidden behind a byte order mark is not skipped */
    static const char hidden[] = "\xEF\xBB\xBF[test one]\nanswer = 68\nvoltage.a now = 1\n" HEAD ITEMS TEST;
    assert_int_equal(profile_parse("y", hidden, strlen(hidden), &profile, error), CN_E_CONFIG);
    assert_string_equal(error, "y:2: framing must stand before the tests");
}

static void test_long_lines_and_files(void **state)
{
    (void)state;
    char path[] = CN_BINARY_DIR "/profile-test-XXXXXX";
    static char text[70000];
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    memset(text, ';', sizeof text);
    assert_int_equal(profile_parse("y", text, 300, &profile, error), CN_E_CONFIG);
    assert_non_null(strstr(error, "y:1: the line is longer than"));
    assert_int_equal(profile_parse("y", "[profile]\nti\0tle = x\n", 22, &profile, error), CN_E_CONFIG);
    assert_string_equal(error, "y:2: the line holds a NUL byte");

    for (size_t i = 80; i < sizeof text; i += 81)
        text[i] = '\n';
    assert_int_equal(write(fd, text, sizeof text), sizeof text);
    close(fd);
    assert_int_equal(profile_load(path, &profile, error), CN_E_IO);
    assert_non_null(strstr(error, "larger than 65536 bytes"));
    unlink(path);
    assert_int_equal(profile_load(path, &profile, error), CN_E_IO);
    assert_non_null(strstr(error, "cannot be read"));
}

/* the memory of meters is bounded; the one not used for longest makes room */
static void test_memory(void **state)
{
    (void)state;
    static struct meter_memories all;
    uint8_t address[ADDR_LEN] = {0};

    for (unsigned i = 0; i < METER_MEMORY_MAX; i++) {
        address[0] = (uint8_t)i;
        meter_memory_of(&all, &profile, address)->refused = i + 1;
    }
    address[0] = 0;
    assert_int_equal(meter_memory_of(&all, &profile, address)->refused, 1);
    address[1] = 1; /* a new one pushes out number 1 */
    assert_int_equal(meter_memory_of(&all, &profile, address)->refused, 0);
    address[1] = 0;
    assert_int_equal(meter_memory_of(&all, &profile, address)->refused, 1);
    address[0] = 2;
    assert_int_equal(meter_memory_of(&all, &profile, address)->refused, 3);
    address[0] = 1;
    assert_int_equal(meter_memory_of(&all, &profile, address)->refused, 0);
    /* another model under the same address starts afresh */
    static struct profile other;
    address[0] = 2;
    assert_int_equal(meter_memory_of(&all, &other, address)->refused, 0);
    /* silence is forgotten in time, a refusal is not */
    struct meter_memory *m = meter_memory_of(&all, &other, address);
    m->silent = 5;
    m->refused = 2;
    unsigned uses = 0;
    while (meter_memory_of(&all, &other, address)->silent)
        uses++;
    assert_int_equal(uses, METER_SILENT_USES - 1);
    assert_int_equal(m->refused, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_long_lines_and_files),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
