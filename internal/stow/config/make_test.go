package config_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"converge/internal/stow/config"
	"converge/internal/stow/store/storetest"
)

func TestMake(t *testing.T) {
	for makefile, want := range map[string]string{
		"config:\n\t@echo $(CONFIG_DIR)\n":             "made",
		"all config install:\n\t@echo $(CONFIG_DIR)\n": "made",
		"config::\n\t@echo $(CONFIG_DIR)\n":            "made",
		"config := x\nall:\n\t@echo no\n":              "none",
		"# config:\nall:\n\t@config:\n":                "none",
		"config:\n\t@false\n":                          "failed",
	} {
		w := storetest.New(t, foo)
		if err := os.WriteFile(w.Root+"/usr/stow/foo/1.0/Makefile", []byte(makefile), 0o644); err != nil {
			t.Fatal(err)
		}
		s := open(t, w)
		var out bytes.Buffer
		ran, err := config.Make(t.Context(), s, "foo", "1.0", &out)
		got := "none"
		switch {
		case err != nil:
			got = "failed"
		case ran && strings.Contains(out.String(), w.Root+"/usr/stow/foo/:config"):
			got = "made"
		}
		if got != want {
			t.Errorf("%q: %s, %v, %s", makefile, got, err, out.String())
		}
	}
}

// configured runs make config for foo/1.0 with a makefile.
func configured(t *testing.T, ctx context.Context, makefile string, out interface{ Write([]byte) (int, error) }) error { //nolint:revive // t goes first
	t.Helper()
	w := storetest.New(t, foo)
	if err := os.WriteFile(w.Root+"/usr/stow/foo/1.0/Makefile", []byte(makefile), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := config.Make(ctx, open(t, w), "foo", "1.0", out)
	return err
}

// The program inherits only PATH and HOME, and most of a large output is discarded.
func TestMakeIsBounded(t *testing.T) {
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

// onFirst is called on the first write.
type onFirst func()

func (f onFirst) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

func TestMakeIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := configured(t, ctx, "config:\n\t@echo started; sleep 1000 & sleep 1000\n", onFirst(cancel))
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
