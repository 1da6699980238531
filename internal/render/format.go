package render

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// sprintf is fmt's, which writes its complaints into the text: "%!d(string=x)".
func sprintf(format string, args ...any) (string, error) {
	out := fmt.Sprintf(format, args...)
	if own := reflect.TypeFor[fraction]().String(); strings.Contains(out, own) && !strings.Contains(format+fmt.Sprint(args...), own) {
		out = strings.ReplaceAll(out, own, "float64") // of %T
	}
	if !strings.Contains(out, "%!") {
		return out, nil
	}
	meant := strings.ReplaceAll(format, "%%", "%")
	for _, a := range args {
		meant += fmt.Sprint(a) // a text in a list may look like a complaint, too
	}
	for _, complaint := range regexp.MustCompile(`%!([a-zA-Z]?\([^)]*\)|.\([A-Z]+\))`).FindAllString(out, -1) {
		if !strings.Contains(meant, complaint) {
			return "", errors.New("the format does not fit what it is given: " + complaint)
		}
	}
	return out, nil
}
