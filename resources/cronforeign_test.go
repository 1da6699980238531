package resources

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// TestForeignSchedules gives schedules of other programs, each with what is to be written in its place.
func TestForeignSchedules(t *testing.T) {
	for given, want := range map[string]string{
		"0 30 2 ? * MON-FRI":             `"30 2 * * mon-fri"`,
		"0 30 2 ? * MON-FRI *":           `"30 2 * * mon-fri"`,
		"0 0 12 * * ?":                   `"0 12 * * *"`,
		"0 0/5 * * * ?":                  `"*/5 * * * *"`,
		"0 15 10 ? * 2-6":                `"15 10 * * 1-5"`,
		"0 15 10 ? * * 2026":             `"15 10 * * *"`,
		"cron(0 8 * * ? *)":              `"0 8 * * *"`,
		"cron(15 10 ? * MON-FRI *)":      `"15 10 * * mon-fri"`,
		"0 18 ? * 2 *":                   `"0 18 * * 1"`,
		"rate(5 minutes)":                `"*/5 * * * *"`,
		"every 15 minutes":               `"*/15 * * * *"`,
		"@every 2h":                      `"0 */2 * * *"`,
		"*-*-* 02:30:00":                 `"30 2 * * *"`,
		"Mon..Fri 02:30":                 `"30 2 * * mon-fri"`,
		"Sat,Sun *-*-* 4:05:00":          `"5 4 * * sat,sun"`,
		"*-*-01 00:10":                   `"10 0 1 * *"`,
		"*:0/15":                         `"*/15 * * * *"`,
		"02:30":                          `"30 2 * * *"`,
		"daily":                          `"@daily"`,
		"30 2 mon-fri * *":               `"30 2 * * mon-fri"`,
		"30 2 * mon *":                   `"30 2 * * mon"`,
		"30 2 1 * jan":                   `"30 2 1 jan *"`,
		"30 2 * * monday-friday":         `"30 2 * * mon-fri"`,
		"30 2 * * weekdays":              `"30 2 * * mon-fri"`,
		"0 22-4 * * *":                   `"0 22-23,0-4 * * *"`,
		"0 2 * * fri-mon":                `"0 2 * * 5-6,0-1"`,
		"5/10 * * * *":                   `"5-59/10 * * * *"`,
		"0 0 L * ?":                      `calendar = "*-*~01 00:00"`,
		"0 0 3 L * ?":                    `calendar = "*-*~01 03:00"`,
		"0 15 10 ? * 6L":                 `calendar = "Fri *-*~07/1 10:15"`,
		"0 15 10 ? * MON#1":              `calendar = "Mon *-*-1..7 10:15"`,
		"0 15 10 15W * ?":                `cron has no such day`,
		"30 2 * * * /usr/bin/backup --a": `command = "…"`,
	} {
		err := checkSchedule(cty.StringVal(given))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", given, err, want)
		}
	}
}
