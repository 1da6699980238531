package view

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestConfirm(t *testing.T) {
	for in, want := range map[string]bool{"y\n": true, " YES \n": true, "yes": true, "": false, "\n": false, "yess\n": false, "n\n": false} {
		var out bytes.Buffer
		if got, err := Confirm(strings.NewReader(in), &out); err != nil || got != want {
			t.Errorf("Confirm(%q) = %v, %v, want %v", in, got, err, want)
		}
	}
}

func TestError(t *testing.T) {
	var out bytes.Buffer
	Error(&out, true, errors.New("cannot read \x1b[2J:\n  second line"), "try again")
	want := "\x1b[31mError: \x1b[0mcannot read \\x1b[2J:\n  second line\n\x1b[2mHint: \x1b[0mtry again\n"
	if out.String() != want {
		t.Fatalf("got %q, want %q", out.String(), want)
	}
}
