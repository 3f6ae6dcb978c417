#include "hmi/lcd/text.h"

#include <stddef.h>

#include "gateway/model/event.h"

static const char *const words[WORD_COUNT][2] = {
    [WORD_NO_DATA] = {"no data", "无数据"},
    [WORD_NO_EVENTS] = {"no events", "无事件"},
    [WORD_ADDRESS] = {"Addr", "终端"},
    [WORD_MASTER] = {"Master", "主站"},
    [WORD_METERS] = {"Meters", "电表"},
    [WORD_FAILED] = {"Failed", "失败"},
    [WORD_NONE_FAILED] = {"all meters read", "电表全部抄通"},
    [WORD_NEVER] = {"never read", "从未抄通"},
    [WORD_OVER] = {"end", "恢复"},
    [WORD_SECONDS] = {"s", "秒"},
    [WORD_MINUTES] = {"m", "分"},
    [WORD_HOURS] = {"h", "时"},
    [WORD_DAYS] = {"d", "天"},
};

/*
 * Names of the events in Q/GDW 376.1-2009, AFN 0EH (reference part 6, 5), where needed in a short form: a
 * line holds 19 letters or 9 characters. English is the name of gateway/model/event.h where that fits.
 */
static const struct {
    const char *english; /**< NULL: as in event.h */
    const char *chinese;
} events[] = {
    [1] = {"init / new version", "初始化和版本变更"},
    [2] = {NULL, "参数丢失"},
    [3] = {NULL, "参数变更"},
    [4] = {NULL, "状态量变位"},
    [5] = {NULL, "遥控跳闸"},
    [6] = {NULL, "功控跳闸"},
    [7] = {NULL, "电控跳闸"},
    [8] = {"meter param change", "电能表参数变更"},
    [9] = {"current circuit", "电流回路异常"},
    [10] = {"voltage circuit", "电压回路异常"},
    [11] = {"phase sequence", "相序异常"},
    [12] = {"meter clock off", "电能表时间超差"},
    [13] = {"meter fault", "电表故障信息"},
    [14] = {"power off and on", "终端停上电"},
    [15] = {NULL, "谐波越限告警"},
    [16] = {"DC input", "直流模拟量越限"},
    [17] = {"unbalance", "不平衡度越限"},
    [18] = {"capacitor lock", "电容器投切自锁"},
    [19] = {"purchase setting", "购电参数设置"},
    [20] = {"wrong password", "消息认证错误"},
    [21] = {NULL, "终端故障"},
    [22] = {"energy difference", "电能量差动越限"},
    [23] = {"energy alarm", "电控告警"},
    [24] = {NULL, "电压越限"},
    [25] = {NULL, "电流越限"},
    [26] = {"power over limit", "视在功率越限"},
    [27] = {"reading decreased", "电能表示度下降"},
    [28] = {"over-difference", "电能量超差"},
    [29] = {NULL, "电能表飞走"},
    [30] = {NULL, "电能表停走"},
    [31] = {NULL, "抄表失败"},
    [32] = {"traffic over limit", "通信流量超门限"},
    [33] = {"status word change", "电能表状态字变位"},
    [34] = {NULL, "互感器异常"},
    [35] = {NULL, "发现未知电表"},
};

const char *lcd_word(enum lcd_word word, enum lcd_language language)
{
    return words[word][language == LCD_ZH];
}

const char *lcd_event_name(unsigned erc, enum lcd_language language)
{
    if (erc == 0 || erc >= sizeof events / sizeof events[0])
        return NULL;
    if (language == LCD_ZH)
        return events[erc].chinese;
    const struct event_def *def = event_find(erc);
    return events[erc].english ? events[erc].english : def ? def->name : NULL;
}
