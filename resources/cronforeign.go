package resources

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// explainForeign adds the form of cron to the error of a schedule of Quartz, AWS or systemd, or of one with a value in
// the wrong field.
func explainForeign(s string, err error) error {
	const five = "must have five fields, minute, hour, day of the month, month and day of the week"
	words := strings.Fields(strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "cron("), ")")))
	if here := explainSpecialDay(words); here != "" {
		return fmt.Errorf("%s: %s", five, here)
	}
	for _, meant := range []struct{ why, schedule string }{
		{five + ": systemd writes a time so", calendarAsCron(strings.Join(words, " "))},
		{five + ": cron has no intervals in words", everyAsCron(words)},
		{five + ": " + whyForeign(words), withoutForeignFields(words)},
	} {
		if strings.HasSuffix(meant.why, ": ") { // as many fields as it must have
			meant.why = err.Error()
		}
		if _, wrong := parseSchedule(meant.schedule); meant.schedule != "" && wrong == nil && !strings.Contains(err.Error(), "who runs it is") {
			return fmt.Errorf("%s; in cron that is %q", meant.why, meant.schedule)
		}
	}
	return err
}

// whyForeign describes what a schedule has and cron has not; "" if that is a value of a field.
func whyForeign(words []string) string {
	quartz := strings.Contains(strings.Join(words, " "), "?")
	switch {
	case len(words) == 7:
		return "here are seven, and cron has no seconds and no years"
	case len(words) == 6 && hasYear(words):
		return "here are six, and cron has no years"
	case len(words) == 6:
		return "here are six, and cron has no seconds"
	case quartz:
		return `cron has no "?"`
	}
	return ""
}

// hasYear reports whether the last of six fields is a year, as with AWS, and the first are not seconds.
func hasYear(words []string) bool {
	year := regexp.MustCompile(`^(20\d\d.*)$`).MatchString(words[5])
	return year || words[5] == "*" && (words[4] == "?" || words[2] == "?" || regexp.MustCompile(`[a-z]{3}|^[1-7]$`).MatchString(words[4]) && !regexp.MustCompile(`jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec`).MatchString(words[4]))
}

// withoutForeignFields is a schedule with the five fields of cron, each with values that cron reads.
func withoutForeignFields(words []string) string {
	fromSunday := slices.Contains(words, "?") // Quartz and AWS count the days from 1, Sunday
	switch {
	case len(words) == 7:
		words = words[1:6]
	case len(words) == 6 && hasYear(words):
		words = words[:5]
	case len(words) == 6:
		words = words[1:]
	case len(words) != 5:
		return ""
	}
	words = slices.Clone(words)
	for i, f := range cronFields() {
		if words[i] == "?" {
			words[i] = "*"
		}
		words[i] = shortNames(words[i])
		if i == 4 && fromSunday {
			words[i] = regexp.MustCompile(`\b[1-7]\b`).ReplaceAllStringFunc(words[i], func(n string) string { return string(n[0] - 1) })
		}
		if m := regexp.MustCompile(`^(\d+)/(\d+)$`).FindStringSubmatch(words[i]); m != nil && m[1] == "0" && f.low == 0 || m != nil && m[1] == "1" && f.low == 1 {
			words[i] = "*/" + m[2]
		} else if m != nil {
			words[i] = fmt.Sprintf("%s-%d/%s", m[1], f.top, m[2])
		}
	}
	moveNames(words)
	for i, f := range cronFields() {
		words[i] = f.upwards(words[i])
	}
	return strings.Join(words, " ")
}

// shortNames shortens the names of days and months to three letters, as cron has them.
func shortNames(field string) string {
	field = strings.NewReplacer("weekdays", "mon-fri", "weekday", "mon-fri", "weekends", "sat,sun", "weekend", "sat,sun", "..", "-").Replace(field)
	return regexp.MustCompile(`[a-z]{4,}`).ReplaceAllStringFunc(field, func(word string) string {
		for _, name := range strings.Fields("sunday monday tuesday wednesday thursday friday saturday january february march april june july august september october november december") {
			if word == name || len(word) == 4 && strings.HasPrefix(name, word) {
				return word[:3]
			}
		}
		return word
	})
}

// moveNames moves names of days and months into the fields that they belong to, if those are free.
func moveNames(words []string) {
	for i, word := range words {
		name := regexp.MustCompile(`[a-z]{3}`).FindString(word)
		for to, f := range cronFields() {
			if at := strings.Index(f.words, name); name != "" && at >= 0 && at%3 == 0 && to != i && words[to] == "*" {
				words[i], words[to] = "*", word
			}
		}
	}
}

// upwards splits a range that wraps around the end of the field into two.
func (f cronField) upwards(field string) string {
	from, to, ranged := strings.Cut(field, "-")
	if !ranged {
		return field
	}
	low, err := f.value(from)
	if err != nil {
		return field
	}
	top, err := f.value(to)
	if err != nil || low <= top {
		return field
	}
	last := f.top
	if f.low == 0 && f.words != "" {
		last = 6 // 7 is Sunday, too
	}
	return spanOf(low, last) + "," + spanOf(f.low, top)
}

func spanOf(low, top int) string {
	if low == top {
		return strconv.Itoa(low)
	}
	return fmt.Sprintf("%d-%d", low, top)
}

// calendarAsCron is a time of systemd, or a time of day, as a schedule; "" if it is neither.
func calendarAsCron(text string) string {
	if word := strings.TrimPrefix(text, "@"); slices.Contains(strings.Fields("daily hourly weekly monthly yearly annually midnight reboot"), word) {
		return "@" + word
	}
	m := regexp.MustCompile(`^(?:([a-z]{3,9}(?:(?:\.\.|,|-)[a-z]{3,9})*) +)?(?:\*-\*-([\d*]+) +)?(\d{1,2}|\*)(?::(\d{1,2}|\*|[0*]/\d+))(?::00?)?$`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	field := func(s string) string {
		switch n, err := strconv.Atoi(s); {
		case s == "":
			return "*"
		case err == nil:
			return strconv.Itoa(n)
		case strings.HasPrefix(s, "0/"):
			return "*" + s[1:]
		}
		return s
	}
	day := field(shortNames(m[1]))
	return strings.Join([]string{field(m[4]), field(m[3]), field(m[2]), "*", cronFields()[4].upwards(day)}, " ")
}

// everyAsCron is an interval in words as a schedule: "every 5 minutes", "@every 2h", "rate(5 minutes)", "5m"; "" if it is none.
func everyAsCron(words []string) string {
	m := regexp.MustCompile(`^(?:@?every +|rate\()?(\d+) *(m|min|mins|minutes?|h|hours?|d|days?)\)?$`).FindStringSubmatch(strings.Join(words, " "))
	if m == nil {
		return ""
	}
	n, _ := strconv.Atoi(m[1])
	unit := m[2][0]
	switch {
	case unit == 'm' && n == 1:
		return "* * * * *"
	case unit == 'm' && n > 0 && 60%n == 0 && n < 60:
		return fmt.Sprintf("*/%d * * * *", n)
	case unit == 'h' && n == 1 || unit == 'm' && n == 60:
		return "0 * * * *"
	case unit == 'h' && n > 0 && 24%n == 0 && n < 24:
		return fmt.Sprintf("0 */%d * * *", n)
	case unit == 'd' && n == 1 || unit == 'h' && n == 24:
		return "0 0 * * *"
	}
	return ""
}

// explainSpecialDay is the systemd form of a day that cron cannot name: the last of a month, the first Monday.
func explainSpecialDay(words []string) string {
	switch {
	case len(words) == 7:
		words = words[1:6]
	case len(words) == 6 && hasYear(words):
		words = words[:5]
	case len(words) == 6:
		words = words[1:]
	}
	if len(words) != 5 {
		return ""
	}
	date, dow, says := specialDate(words[2], words[4])
	if date == "" && says == "" {
		return ""
	}
	minute, errM := strconv.Atoi(words[0])
	hour, errH := strconv.Atoi(words[1])
	if date == "" || errM != nil || errH != nil || words[3] != "*" {
		return says + ", and cron has no such day"
	}
	return fmt.Sprintf("%s, and cron has no such day; a timer has it: calendar = %q", says, strings.TrimSpace(fmt.Sprintf("%s %s %02d:%02d", dow, date, hour, minute)))
}

// specialDate is a day of Quartz in the form of systemd; the result says describes it, and is "" for a simple one.
func specialDate(dom, dow string) (date, weekday, says string) {
	last, nth := regexp.MustCompile(`^([a-z]{3}|[1-7])l$`), regexp.MustCompile(`^([a-z]{3}|[1-7])#([1-5])$`)
	name := func(s string) string {
		if s[0] <= '9' {
			s = strings.Fields("sun mon tue wed thu fri sat")[s[0]-'1']
		}
		return strings.ToUpper(s[:1]) + s[1:]
	}
	if m := last.FindStringSubmatch(dow); m != nil {
		return "*-*~07/1", name(m[1]), "that is the last such day of a month"
	}
	if m := nth.FindStringSubmatch(dow); m != nil {
		n := int(m[2][0] - '0')
		return fmt.Sprintf("*-*-%d..%d", 7*n-6, min(7*n, 31)), name(m[1]), fmt.Sprintf("# stands for the %s such day of a month", strings.Fields("first second third fourth fifth")[n-1])
	}
	switch {
	case dom == "l":
		return "*-*~01", "", "L stands for the last day of a month"
	case regexp.MustCompile(`^(l-\d+|l?w|\d+w)$`).MatchString(dom):
		return "", "", "W and L stand for the working day or the last day that is near"
	}
	return "", "", ""
}
