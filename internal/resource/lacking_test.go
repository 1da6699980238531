package resource

import (
	"errors"
	"fmt"
	"testing"
)

func TestAdvise(t *testing.T) {
	plain := errors.New("there is no room")
	lack := fmt.Errorf("cannot edit: %w\nas shown", Lacking(Missing(errors.New("there is no file")), "path:/etc/a", "make it"))
	for _, c := range []struct {
		name, key, advice, want string
		err                     error
	}{
		{"its own advice", "path:/etc/a", "make it", "cannot edit: there is no file; make it\nas shown", lack},
		{"another", "path:/etc/a", "install it", "cannot edit: there is no file; install it\nas shown", lack},
		{"none", "path:/etc/a", "", "cannot edit: there is no file\nas shown", lack},
		{"nothing is lacking", "", "install it", "there is no room", plain},
	} {
		got := Advise(c.err, c.advice)
		if key, _ := LackOf(got); got.Error() != c.want || key != c.key || !errors.Is(got, c.err) {
			t.Errorf("%s: got %q about %q, want %q about %q", c.name, got, key, c.want, c.key)
		}
	}
	if !errors.Is(Advise(lack, ""), ErrMissing) {
		t.Error("what an error is gets lost with its advice")
	}
}
