package resources

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestSchedule shows which schedules are accepted, and what they mean.
func TestSchedule(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"30 2 * * *", "30|2|1-31|1-12|0-7"},
		{" 0  0 1,15 jan-mar 7 ", "0|0|1,15|1-3|7"},
		{"*/20 8-10/2 * * Fri", "0,20,40|8,10|1-31|1-12|5"},
		{"0 0 * * sun", "0|0|1-31|1-12|0"},
		{"0 0 31 2 1", "0|0|31|2|1"}, // on Mondays: one of the two days is enough
		{"@reboot", ""},
		{"@daily", ""},
		{"@every 5m", `must have five fields, like "30 2 * * *", or be a name, like "@daily"; cron has no @every: every five minutes is "*/5 * * * *"`},
		{"0 0 * *", `must have five fields, like "30 2 * * *", or be a name, like "@daily"; here are 4: minute, hour, day of the month, month and day of the week are all written, with * for any`},
		{"daily", `must have five fields, like "30 2 * * *", or be a name, like "@daily"; the names begin with @: "@daily"`},
		{"@dayly", `must have five fields, like "30 2 * * *", or be a name, like "@daily"; @dayly is no such name`},
		{"0 3 * * * root", `must have five fields, like "30 2 * * *", or be a name, like "@daily"; behind them stands "root": who runs it is user = "root", and what runs is command = "…"`},
		{"0 0 12 * * ?", `must have five fields, like "30 2 * * *", or be a name, like "@daily"; here are six: cron has no seconds, so leave out the first`},
		{"60 * * * *", `must have a minute from 0 to 59: "60"`},
		{"* 24 * * *", `must have an hour from 0 to 23: "24"`},
		{"* * 0 * *", `must have a day of the month from 1 to 31: "0"`},
		{"* * * 13 *", `must have a month from 1 to 12: "13"`},
		{"* * * * 8", `must have a day of the week from 0 to 7: "8"`},
		{"* * * * monday", `must have a day of the week from 0 to 7: "monday"`},
		{"* * * * su", `must have a day of the week from 0 to 7: "su"`},
		{"+5 * * * *", `must have a minute from 0 to 59: "+5"`},
		{"005 * * * *", `must have a minute from 0 to 59: "005"`},
		{"5/10 * * * *", "must have a range before the slash of a minute, like 5-59/10"},
		{"*/0 * * * *", "must have a number from 1 to 59 after the slash of a minute"},
		{"*/x * * * *", "must have a number from 1 to 59 after the slash of a minute"},
		{"* * * * fri-sun", `must have a range of a day of the week that goes upwards: "fri-sun"`},
		{"30-10 * * * *", `must have a range of a minute that goes upwards: "30-10"`},
		{", * * * *", `must have a minute from 0 to 59: ""`},
		{"0 0 30 2 *", "never comes: no such month has such a day"},
		{"0 0 31 apr,jun *", "never comes: no such month has such a day"},
		{"0 0 29 2 *", "0|0|29|2|0-7"},
	} {
		got, err := parseSchedule(tt.text)
		if text := scheduleText(got, err); text != tt.want {
			t.Errorf("%q: %s\nwant %s", tt.text, text, tt.want)
		}
	}
}

// scheduleText writes the values of a schedule, runs of them shortened.
func scheduleText(s schedule, err error) string {
	if err != nil {
		return err.Error()
	}
	var fields []string
	for _, values := range s {
		var parts []string
		for i := 0; i < len(values); i++ {
			from := i
			for i+1 < len(values) && values[i+1] == values[i]+1 {
				i++
			}
			if from == i {
				parts = append(parts, fmt.Sprint(values[i]))
			} else {
				parts = append(parts, fmt.Sprintf("%d-%d", values[from], values[i]))
			}
		}
		fields = append(fields, strings.Join(parts, ","))
	}
	return strings.Join(fields, "|")
}

func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"30 2 * * *", "*/5 1-3,5 1,15 jan sun-sat", "@reboot", "0 0 31 2 *", "a-b/c * * * *"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSchedule(text)
		if err != nil || s == nil {
			return
		}
		for i, field := range cronFields() {
			if len(s[i]) == 0 {
				t.Fatalf("%q: no %s", text, field.name)
			}
			for _, v := range s[i] {
				if v < field.low || v > field.top {
					t.Fatalf("%q: %s %d", text, field.name, v)
				}
			}
		}
	})
}

// TestCron shows the whole table that a manifest makes.
func TestCron(t *testing.T) {
	job := func(attrs ...cty.Value) cty.Value {
		m := map[string]cty.Value{}
		for i := 0; i < len(attrs); i += 2 {
			m[attrs[i].AsString()] = attrs[i+1]
		}
		return cty.ObjectVal(m)
	}
	s := cty.StringVal
	const head = "# Made by converge, which replaces it as a whole.\n"
	for _, tt := range []struct {
		name  string
		attrs map[string]cty.Value
		want  string
	}{
		{"percent", map[string]cty.Value{"schedule": s("0 5 * * *"), "command": s("date +%F > /tmp/day")}, head + `0 5 * * * root date +\%F > /tmp/day` + "\n"},
		{"words", map[string]cty.Value{"schedule": s("@reboot"), "user": s("www"), "command": cty.ListVal([]cty.Value{s("/bin/echo"), s("it's 5 %"), s("")})}, head + `@reboot www /bin/echo 'it'\''s 5 \%' ''` + "\n"},
		{
			"jobs",
			map[string]cty.Value{"user": s("www"), "env": cty.MapVal(map[string]cty.Value{"PATH": s("/bin"), "MAILTO": s(""), "A": s(`say "x"`)}), "jobs": cty.TupleVal([]cty.Value{
				job(s("schedule"), s("0  1 * * *"), s("command"), s("a")), job(s("schedule"), s("@daily"), s("command"), s("b"), s("user"), s("root")),
			})},
			head + "A='say \"x\"'\nMAILTO=\"\"\nPATH=/bin\n0 1 * * * www a\n@daily root b\n",
		},
		{"two lines", map[string]cty.Value{"schedule": s("@daily"), "command": s("a\nb")}, "command: must be one line"},
		{"escaped", map[string]cty.Value{"schedule": s("@daily"), "command": s(`date +\%F`)}, "command: must have % without a backslash: converge escapes it for cron"},
		{"two backslashes", map[string]cty.Value{"schedule": s("@daily"), "command": s(`printf 'a\\b'`)}, "command: must not have two backslashes in a row, which some programs cron take for one: put it into a script"},
		{"long", map[string]cty.Value{"schedule": s("@daily"), "command": s(strings.Repeat("x", 999))}, "command: must have at most 998 bytes, which is what cron takes: put it into a script"},
		{"nothing", map[string]cty.Value{}, "needs schedule and command, or jobs"},
		{"half", map[string]cty.Value{"schedule": s("@daily")}, "needs both schedule and command"},
		{"both", map[string]cty.Value{"schedule": s("@daily"), "command": s("a"), "jobs": cty.TupleVal([]cty.Value{job()})}, "jobs: cannot stand beside schedule and command"},
		{"a job without a time", map[string]cty.Value{"jobs": cty.TupleVal([]cty.Value{job(s("command"), s("a"))})}, `jobs: schedule must have five fields, like "30 2 * * *", or be a name, like "@daily" (job 1)`},
		{"a job without a command", map[string]cty.Value{"jobs": cty.TupleVal([]cty.Value{job(s("schedule"), s("@daily"))})}, "jobs: each job needs a command (job 1)"},
	} {
		tt.attrs["name"] = s("x")
		m, err := Cron(nil).Prepare(resource.Input{Attrs: tt.attrs})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			b, _ := resource.AsBlob(m["content"]).Bytes()
			got = string(b)
		}
		if got != tt.want {
			t.Errorf("%s: %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

func TestCronEnv(t *testing.T) {
	for value, want := range map[string]string{
		" a": "", "": "", "a ": "must have values without blanks at the end, which cron drops: A",
		"a\nb": "must have values of one line, with one kind of quotes at most: A", `"'`: "must have values of one line, with one kind of quotes at most: A",
	} {
		got := ""
		if err := checkCronEnv(cty.MapVal(map[string]cty.Value{"A": cty.StringVal(value)})); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}
