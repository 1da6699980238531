package resources

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// A schedule has the form of crontab(5) that both Vixie cron and cronie accept. Extensions of one of them ("~", "?",
// "5/10") would make the other one ignore the table.

// cronField is one of the five fields of a schedule.
type cronField struct {
	name     string
	low, top int
	words    string // names of the values, three letters each
	first    int    // value of the first name
}

func cronFields() [5]cronField {
	return [5]cronField{
		{name: "a minute", top: 59},
		{name: "an hour", top: 23},
		{name: "a day of the month", low: 1, top: 31},
		{name: "a month", low: 1, top: 12, words: "janfebmaraprmayjunjulaugsepoctnovdec", first: 1},
		{name: "a day of the week", top: 7, words: "sunmontuewedthufrisat"},
	}
}

// schedule is a parsed schedule: the values of each field; nil: a name such as @daily.
type schedule [][]int

// normalSchedule returns a schedule with one blank between the fields.
func normalSchedule(s string) string { return strings.Join(strings.Fields(s), " ") }

// parseSchedule parses a schedule. Its error is a clause without subject.
func parseSchedule(s string) (schedule, error) {
	words := strings.Fields(s)
	if len(words) == 1 && slices.Contains(strings.Fields("@reboot @yearly @annually @monthly @weekly @daily @midnight @hourly"), words[0]) {
		return nil, nil
	}
	if len(words) != 5 {
		return nil, errors.New(`must have five fields, like "30 2 * * *", or be a name, like "@daily"` + explainFields(words))
	}
	out := make(schedule, 5)
	for i, f := range cronFields() {
		values, err := f.parse(words[i])
		if err != nil {
			return nil, err
		}
		out[i] = values
	}
	if strings.HasPrefix(words[4], "*") && !out.comes() {
		return nil, errors.New("never comes: no such month has such a day")
	}
	return out, nil
}

// explainFields guesses the meaning of a schedule with another number of fields.
func explainFields(words []string) string {
	switch {
	case len(words) == 1 && strings.HasPrefix(words[0], "@"):
		return fmt.Sprintf("; %s is no such name", words[0])
	case len(words) == 1 && words[0] != "*" && strings.Trim(words[0], "abcdefghijklmnopqrstuvwxyz") == "":
		return `; the names begin with @: "@` + words[0] + `"`
	case len(words) == 2 && words[0] == "@every":
		return `; cron has no @every: every five minutes is "*/5 * * * *"`
	case len(words) < 5 && len(words) > 0:
		return fmt.Sprintf("; here are %d: minute, hour, day of the month, month and day of the week are all written, with * for any", len(words))
	}
	if len(words) < 6 {
		return ""
	}
	if _, err := parseSchedule(strings.Join(words[:5], " ")); err == nil && !strings.ContainsAny(words[5][:1], "*?0123456789") {
		return fmt.Sprintf("; behind them stands %q: who runs it is user = \"root\", and what runs is command = \"…\"", strings.Join(words[5:], " "))
	}
	if len(words) == 6 {
		return "; here are six: cron has no seconds, so leave out the first"
	}
	return fmt.Sprintf("; here are %d", len(words))
}

// checkCronCommand refuses a command with the user before it, as a line of /etc/cron.d has it.
func checkCronCommand(v cty.Value) error {
	if err := checkCommand(v); err != nil || v.Type() != cty.String {
		return err
	}
	words := strings.Fields(v.AsString())
	if len(words) > 1 && slices.Contains([]string{"root", "www-data", "nobody"}, words[0]) {
		return fmt.Errorf("must begin with a program: the user is set by user = %q", words[0])
	}
	return nil
}

// comes reports whether one of the months has one of the days.
func (s schedule) comes() bool {
	days := [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	return slices.ContainsFunc(s[3], func(month int) bool { return slices.Min(s[2]) <= days[month-1] })
}

// parse returns the values of a field: a list of "*", values and ranges, the first and
// the last with a step.
func (f cronField) parse(text string) (values []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(part, "/")
		low, top, by := f.low, f.top, 1
		from, to, ranged := strings.Cut(span, "-")
		if span != "*" {
			if low, err = f.value(from); err != nil {
				return nil, err
			}
			if top = low; ranged {
				if top, err = f.value(to); err != nil {
					return nil, err
				}
			}
		}
		if stepped {
			by, err = strconv.Atoi(step)
		}
		switch {
		case err != nil || by < 1 || by > f.top:
			return nil, fmt.Errorf("must have a number from 1 to %d after the slash of %s", f.top, f.name)
		case stepped && span != "*" && !ranged:
			return nil, fmt.Errorf("must have a range before the slash of %s, like %s-%d/%s", f.name, span, f.top, step)
		case low > top:
			return nil, fmt.Errorf("must have a range of %s that goes upwards: %q", f.name, span)
		}
		for v := low; v <= top; v += by {
			values = append(values, v)
		}
	}
	return values, nil
}

func (f cronField) value(text string) (int, error) {
	if at := strings.Index(f.words, strings.ToLower(text)); at >= 0 && len(text) == 3 && at%3 == 0 {
		return f.first + at/3, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.low || n > f.top || strings.ContainsAny(text, "+-") || len(text) > 2 {
		return 0, fmt.Errorf("must have %s from %d to %d: %q", f.name, f.low, f.top, text)
	}
	return n, nil
}

func checkSchedule(v cty.Value) error {
	_, err := parseSchedule(v.AsString())
	if err == nil {
		return nil
	}
	return explainForeign(v.AsString(), err)
}
