package resources

import (
	"errors"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// userGone is the key that every user that is to be absent provides.
const userGone = "gone:user"

// userMoved is the key of every user whose primary group is declared.
const userMoved = "moved:user"

func accountName(doc string) resource.Attr {
	return resource.Attr{Name: "name", Required: true, Check: checkAccount, Doc: doc}
}

// checkAccount is what every useradd and groupadd agrees on; distributions
// are stricter, each in its own way.
func checkAccount(v cty.Value) error {
	s := v.AsString()
	switch {
	case s == "" || len(s) > 32:
		return errors.New("must have 1 to 32 characters")
	case isNumber(s):
		return errors.New("must not be a number")
	case strings.HasPrefix(s, "-") || strings.ContainsAny(s, ":,/ \t\r\n\x00"):
		return errors.New("must not start with - nor hold blanks or any of : , /")
	}
	return nil
}

func checkNames(v cty.Value) error {
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			return errors.New("must not contain null")
		}
		if err := checkAccount(e); err != nil {
			return errors.New("must hold names, and " + strconv.Quote(e.AsString()) + " " + err.Error())
		}
	}
	return nil
}

// checkField keeps a value from becoming other fields or lines of passwd.
func checkField(v cty.Value) error {
	return require(!strings.ContainsAny(v.AsString(), ":\n\x00"), "must not contain a colon or more than one line")
}

// checkID refuses the highest number, which means "no id" to the kernel.
func checkID(v cty.Value) error {
	return require(isWhole(v, 1<<32-2), "must be a whole number from 0 to 4294967294")
}

// isWhole reports whether a number is whole and from 0 to most.
func isWhole(v cty.Value, most int64) bool {
	n, accuracy := v.AsBigFloat().Int64()
	return accuracy == 0 && n >= 0 && n <= most
}

// require returns an error of that text unless ok.
func require(ok bool, text string) error {
	if ok {
		return nil
	}
	return errors.New(text)
}
