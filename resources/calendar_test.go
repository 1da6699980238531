package resources

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// TestCalendar shows which times a timer takes, and what is said of the others.
func TestCalendar(t *testing.T) {
	for _, good := range []string{
		"daily", "Daily", "weekly", "hourly UTC", "Mon..Fri 02:30", "Mon,Wed 2:00", "*-*-01 04:00", "*:0/15", "*:0/15:30", "2026-12-24 18:00:00", "12-05", "Sat,Mon..Thu,Sun",
		"Mon *-*~1 05:00", "*-02~03", "00..23/2:00", "Sun 03:00 Europe/Berlin", "05:40:23.4200004/3.1700005", "@1395716396", "Wed, 17:48", "*-*-* 00:00:00 UTC", "Mon *-05~07/1", "Thu,Fri 2012-*-1,5 11:12:13", "Wed..Sat,Tue 12-10-15 1:2:3",
	} {
		if err := checkCalendar(cty.StringVal(good)); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"0 2 * * *":       `is a time of cron: "0 2 * * *"; here that is "*-*-* 02:00", or the kind cron takes it`,
		"*/5 * * * *":     `here that is "*-*-* *:0/5"`,
		"30 4 * * 1-5":    `here that is "Mon..Fri *-*-* 04:30"`,
		"15 3 1 * *":      `here that is "*-*-01 03:15"`,
		"0 2 * * * root":  `here it is written as in "Mon..Fri 02:30"`,
		"@daily":          `is a time of cron: "@daily"; here that is "daily"`,
		"every day":       `"every day"; here that is "daily"`,
		"every 5 minutes": `here that is "*:0/5"`,
		"daily at 02:30":  `here that is "02:30"`,
		"2am":             `here that is "02:00"`,
		"dayly":           `it has the word "dayly". Did you mean "daily"?`,
		"Mo..Fr 02:00":    `it has the word "Mo..Fr". A time is "daily"`,
		"Mon Tue 02:00":   "the days of the week are not in one word at the beginning, such as Mon,Thu or Mon..Fri",
		"02:00 *-*-01":    "the order is days of the week, date, time, zone",
		"02:00 Mon":       "the order is days of the week, date, time, zone",
		"25:00":           `in "25:00" the hour is 25, and goes from 0 to 23`,
		"*-13-01":         `the month is 13, and goes from 1 to 12`,
		"02:3x":           `the minute is "3x"`,
	} {
		if err := checkCalendar(cty.StringVal(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", bad, err, want)
		}
	}
}
