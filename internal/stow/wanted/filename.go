package wanted

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// suffix is what names of requirement files end in.
const suffix = ".requirements"

// FileName is the name of a requirement file: "autoconf2-201109212117-1.requirements".
type FileName struct {
	App    string
	At     time.Time // to the minute, or to the second; UTC
	Serial int       // 1 or more: of several in one minute
}

const minutes, seconds = "200601021504", "20060102150405"

// ParseFileName reads the name of a requirement file, without a directory.
func ParseFileName(base string) (FileName, error) {
	wrong := func(why string) (FileName, error) {
		return FileName{}, fmt.Errorf("%q is not APP-TIMESTAMP-SERIAL%s: %s", base, suffix, why)
	}
	text, ok := strings.CutSuffix(base, suffix)
	if !ok {
		return wrong("it does not end so")
	}
	rest, serial, ok := cutLast(text)
	app, stamp, more := cutLast(rest)
	if !ok || !more || app == "" || strings.Contains(app, "/") {
		return wrong("a part is missing")
	}
	n := FileName{App: app}
	var err error
	if n.Serial, err = strconv.Atoi(serial); err != nil || n.Serial < 1 || strconv.Itoa(n.Serial) != serial {
		return wrong(fmt.Sprintf("%q is not a number from 1", serial))
	}
	layout := minutes
	if len(stamp) == len(seconds) {
		layout = seconds
	}
	if n.At, err = time.Parse(layout, stamp); err != nil {
		return wrong(fmt.Sprintf("%q is not a time (YYYYMMDDhhmm)", stamp))
	}
	return n, nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

// String writes the name; seconds are in it if there are any.
func (n FileName) String() string {
	layout := minutes
	if n.At.Second() != 0 {
		layout = seconds
	}
	return fmt.Sprintf("%s-%s-%d%s", n.App, n.At.UTC().Format(layout), n.Serial, suffix)
}
