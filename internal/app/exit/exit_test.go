package exit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// TestStatuses shows the exit status and the text of errors.
func TestStatuses(t *testing.T) {
	cause := errors.New("cannot")
	for _, c := range []struct {
		err  error
		code int
		text string
	}{
		{nil, OK, "<nil>"},
		{cause, Failure, "cannot"},
		{With(Locked, cause, "wait"), Locked, "cannot"},
		{fmt.Errorf("while waiting: %w", With(Stale, cause)), Stale, "while waiting: cannot"},
		{errors.Join(cause, Silently(Incomplete)), Incomplete, "cannot\nexit status 3"},
		{Silently(Changes), Changes, "exit status 2"},
		{fmt.Errorf("stopped: %w", context.Canceled), Interrupted, "stopped: context canceled"},
		{context.DeadlineExceeded, Failure, "context deadline exceeded"},
	} {
		if got := CodeOf(c.err); got != c.code || fmt.Sprint(c.err) != c.text {
			t.Errorf("%v: %d, want %d and %q", c.err, got, c.code, c.text)
		}
	}
	if !errors.Is(With(Locked, cause), cause) {
		t.Error("the cause is hidden")
	}
	for _, code := range []int{OK, Failure, Changes, Incomplete, Locked, Stale, Interrupted} {
		if Meaning(code) == "" {
			t.Errorf("%d has no meaning", code)
		}
	}
	if got := Meaning(99); got != "" {
		t.Errorf("99 means %q", got)
	}
}

// TestUnknownName shows the suggestion for a wrong name.
func TestUnknownName(t *testing.T) {
	known := []string{"file", "link", "exec", "template"}
	for _, c := range []struct{ name, hint string }{
		{"fil", "did you mean file?"},
		{"liink", "did you mean link?"},
		{"tempate", "did you mean template?"},
		{"tmplt", "known are template, file, link, exec"}, // three slips
		{"xyz", "known are file, link, exec, template"},
		{"", "known are file, link, exec, template"},
		{"tem", "did you mean template?"},
	} {
		err := UnknownName("there is no kind %q", c.name, known)
		var e *Error
		if !errors.As(err, &e) || e.Code != Failure || err.Error() != fmt.Sprintf("there is no kind %q", c.name) || !slices.Equal(e.Hints, []string{c.hint}) {
			t.Errorf("%q: %v with %q, want %q", c.name, err, e.Hints, c.hint)
		}
	}
}
