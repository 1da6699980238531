package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
)

// configured runs make config of foo/1.0 with a makefile.
func configured(t *testing.T, ctx context.Context, makefile string, out interface{ Write([]byte) (int, error) }) error { //nolint:revive // t goes first
	t.Helper()
	w := newWorld(t, foo)
	if err := os.WriteFile(w.root+"/usr/stow/foo/1.0/Makefile", []byte(makefile), 0o644); err != nil {
		t.Fatal(err)
	}
	s := w.open(w.parse(""))
	defer s.Close()
	_, err := s.MakeConfig(ctx, "foo", "1.0", out)
	return err
}

// What is run gets nothing of the caller's but PATH and HOME, and may say much
// without anybody having to keep it.
func TestMakeConfigIsBounded(t *testing.T) {
	t.Setenv("SECRET", "do not tell")
	t.Setenv("MAKEFLAGS", "-n")
	var out bytes.Buffer
	err := configured(t, t.Context(), "config:\n\t@env\n\t@yes | head -c 1000000\n\t@echo said\n", &out)
	if err != nil {
		t.Fatal(err)
	}
	got := out.String()
	if strings.Contains(got, "SECRET") || !strings.Contains(got, "PATH=") || !strings.Contains(got, "HOME=") {
		t.Errorf("its environment is\n%.1000s", got)
	}
	if len(got) > 66<<10 || !strings.HasSuffix(got, "\n[...]\n") {
		t.Errorf("it said %d bytes, that end in %q", len(got), got[len(got)-20:])
	}
}

// onFirst is told when it is first written to.
type onFirst func()

func (f onFirst) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

func TestMakeConfigIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := configured(t, ctx, "config:\n\t@echo started; sleep 1000 & sleep 1000\n", onFirst(cancel))
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
