package resources

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// calendarNames are the expressions of systemd.time(7) that are one word.
func calendarNames() []string {
	return []string{"minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually", "semi-annually", "bi-annually", "biannually", "anually", "quaterly"}
}

// checkCalendarExpression refuses a text that no systemd accepts as a time of the calendar: WEEKDAYS DATE TIME ZONE,
// each optional. systemd-analyze(1) checks on the machine what this function accepts.
func checkCalendarExpression(text string) error {
	words := strings.Fields(text)
	if err := refuseCron(text, words); err != nil {
		return err
	}
	if at, ok := strings.CutPrefix(text, "@"); ok {
		if _, err := strconv.ParseInt(at, 10, 64); err == nil {
			return nil
		}
	}
	if slices.Contains(calendarNames(), strings.ToLower(words[0])) && (len(words) == 1 || len(words) == 2 && isZone(words[1])) {
		return nil
	}
	rest := words
	if len(rest) > 1 && isZone(rest[len(rest)-1]) {
		rest = rest[:len(rest)-1]
	}
	for i, w := range rest {
		var err error
		switch {
		case i > 0 && strings.Contains(rest[i-1], ":"):
			err = errors.New("something stands behind the time: the order is days of the week, date, time, zone")
		case strings.Contains(w, ":"):
			err = checkCalendarTime(w)
		case strings.ContainsAny(w[1:], "-~") && !strings.ContainsFunc(w, isLetter):
			err = checkCalendarDate(w)
		case i == 0 && isWeekdays(w):
		case isWeekdays(w):
			err = errors.New("the days of the week are not in one word at the beginning, such as Mon,Thu or Mon..Fri")
		default:
			return describeCalendarWord(text, w)
		}
		if err != nil {
			return fmt.Errorf("is no expression of systemd.time(7): in %q %w", w, err)
		}
	}
	return nil
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80 }

// isZone reports whether a word can be a time zone: UTC, or one such as Europe/Berlin or CET.
func isZone(w string) bool {
	return regexp.MustCompile(`^([A-Z][A-Za-z0-9_+-]*/[A-Za-z0-9_+/-]+|[A-Z]{3,4}|[A-Z]{3}[0-9][A-Z]{3}|utc|Etc/.*|GB|Cuba|Egypt|Eire|Iran|Israel|Jamaica|Japan|Libya|Navajo|Poland|Portugal|Singapore|Turkey|Zulu|Universal|Greenwich|Iceland|Hongkong|Kwajalein)$`).MatchString(w)
}

func isWeekdays(w string) bool {
	const day = `(mon(day)?|tue(s|sday)?|wed(nesday)?|thu(r|rs|rsday)?|fri(day)?|sat(urday)?|sun(day)?)`
	return regexp.MustCompile(`^(?i)` + day + `((,|\.\.|-)` + day + `)*,?$`).MatchString(w)
}

// checkCalendarTime checks HOUR:MINUTE or HOUR:MINUTE:SECOND.
func checkCalendarTime(w string) error {
	parts := strings.Split(w, ":")
	if len(parts) > 3 {
		return errors.New("the time has more than hour, minute and second")
	}
	for i, p := range parts {
		if err := checkCalendarNumbers(p, []string{"hour", "minute", "second"}[i], 0, []int{23, 59, 60}[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkCalendarDate checks MONTH-DAY or YEAR-MONTH-DAY; ~ counts the days from the end of the month.
func checkCalendarDate(w string) error {
	parts := strings.FieldsFunc(w, func(r rune) bool { return r == '-' || r == '~' })
	names, top := []string{"year", "month", "day"}, []int{9999, 12, 31}
	switch len(parts) {
	case 2:
		names, top = names[1:], top[1:]
	case 3:
	default:
		return errors.New("the date is not YEAR-MONTH-DAY, such as *-*-01")
	}
	for i, p := range parts {
		if err := checkCalendarNumbers(p, names[i], 1, top[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkCalendarNumbers checks a list of *, numbers, ranges with two dots, and repetitions with a slash.
func checkCalendarNumbers(list, what string, low, top int) error {
	for part := range strings.SplitSeq(list, ",") {
		m := regexp.MustCompile(`^(?:\*|(\d+)(?:\.\d+)?(?:\.\.(\d+)(?:\.\d+)?)?)?(?:/\d+(?:\.\d+)?)?$`).FindStringSubmatch(part)
		if m == nil || part == "" {
			return fmt.Errorf("the %s is %q, and must be a number, *, a range such as 1..5 or a repetition such as */15", what, part)
		}
		for _, n := range m[1:] {
			if v, err := strconv.Atoi(n); n != "" && (err != nil || v < low || v > top) {
				return fmt.Errorf("the %s is %s, and goes from %d to %d", what, n, low, top)
			}
		}
	}
	return nil
}

// describeCalendarWord describes a word that no time contains, and proposes another.
func describeCalendarWord(text, w string) error {
	if here := calendarOf(text); here != "" {
		return fmt.Errorf("is no expression of systemd.time(7): %q; here that is %q", text, here)
	}
	best := ""
	for _, n := range append(calendarNames()[:8], "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") {
		if levenshtein.Distance(strings.ToLower(w), strings.ToLower(n), nil) <= min(2, len(n)/3) {
			best = n
			break
		}
	}
	if best != "" {
		return fmt.Errorf("is no expression of systemd.time(7): it has the word %q. Did you mean %q?", w, best)
	}
	return fmt.Errorf(`is no expression of systemd.time(7): it has the word %q. A time is "daily", "Mon..Fri 02:30", "*-*-01 04:00" or "*:0/15"`, w)
}

// calendarOf is the expression for a time in words of English; "" if it is not known.
func calendarOf(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	if m := regexp.MustCompile(`^(?:every )?(minute|hour|day|week|month|quarter|year)$`).FindStringSubmatch(text); m != nil {
		return map[string]string{"minute": "minutely", "hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly", "year": "yearly"}[m[1]]
	}
	if m := regexp.MustCompile(`^(?:every |\*/)?(\d+) ?(m|min|mins|minute|minutes|h|hour|hours)$`).FindStringSubmatch(text); m != nil {
		if m[2][0] == 'm' {
			return "*:0/" + m[1]
		}
		return "0/" + m[1] + ":00"
	}
	if m := regexp.MustCompile(`^(?:(?:every day|daily) )?(?:at )?(\d{1,2})(?:[:.](\d\d))? ?(am|pm)?$`).FindStringSubmatch(text); m != nil {
		hour, err := strconv.Atoi(m[1])
		if m[3] == "pm" && hour < 12 {
			hour += 12
		}
		if err == nil && hour < 24 {
			return fmt.Sprintf("%02d:%02s", hour, orZero(m[2]))
		}
	}
	if m := regexp.MustCompile(`^every (\w+?)s?$`).FindStringSubmatch(text); m != nil && isWeekdays(m[1]) {
		return strings.ToUpper(m[1][:1]) + m[1][1:3]
	}
	switch text {
	case "midnight", "nightly", "every night":
		return "daily"
	case "noon":
		return "12:00"
	case "weekdays":
		return "Mon..Fri"
	case "weekends", "weekend":
		return "Sat,Sun"
	}
	return ""
}

func orZero(minutes string) string {
	if minutes == "" {
		return "00"
	}
	return minutes
}

// refuseCron refuses a time of cron, and gives its equivalent for a simple one.
func refuseCron(text string, words []string) error {
	if name, ok := strings.CutPrefix(text, "@"); ok && slices.Contains(strings.Fields("reboot yearly annually monthly weekly daily midnight hourly"), name) {
		switch name {
		case "reboot":
			return errors.New(`is a time of cron: "@reboot"; a command at every boot is a service of its own, or the kind cron`)
		case "midnight":
			name = "daily"
		}
		return fmt.Errorf("is a time of cron: %q; here that is %q", text, name)
	}
	if len(words) < 5 || len(words) > 6 {
		return nil
	}
	for _, w := range words[:5] { // a sixth is the user of /etc/crontab
		if !regexp.MustCompile(`^(\*|[0-9*]|[A-Za-z]{3}$)[0-9A-Za-z,/*-]*$`).MatchString(w) || strings.Contains(w, ":") || strings.Contains(w, "..") {
			return nil
		}
	}
	here := cronAsCalendar(words)
	if here == "" {
		return fmt.Errorf("is a time of cron: %q; here it is written as in \"Mon..Fri 02:30\", or the kind cron takes it", text)
	}
	return fmt.Errorf("is a time of cron: %q; here that is %q, or the kind cron takes it", text, here)
}

// cronAsCalendar is a schedule of cron in the form of systemd.time(7); "" if it is not a simple one.
func cronAsCalendar(words []string) string {
	if _, err := parseSchedule(strings.Join(words, " ")); err != nil {
		return ""
	}
	part := func(w string) string {
		switch step, ok := strings.CutPrefix(w, "*/"); {
		case ok:
			return "0/" + step
		case len(w) == 1 && w != "*":
			return "0" + w
		}
		return strings.ReplaceAll(w, "-", "..")
	}
	for _, w := range words[2:4] {
		if strings.ContainsAny(w, "/") || strings.ContainsFunc(w, isLetter) {
			return ""
		}
	}
	day := ""
	if words[4] != "*" {
		names := []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
		day = regexp.MustCompile(`[0-7]`).ReplaceAllStringFunc(part(words[4]), func(n string) string { return names[n[0]-'0'] })
		if day = strings.TrimPrefix(day, "Sun"+names[0]); len(words[4]) == 1 {
			day = names[words[4][0]-'0']
		}
		if strings.Contains(words[4], "/") || words[2] != "*" { // cron accepts either of two days
			return ""
		}
		day += " "
	}
	return day + "*-" + part(words[3]) + "-" + part(words[2]) + " " + part(words[1]) + ":" + part(words[0])
}
