package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"converge/internal/process"
	"converge/internal/stow/store"
)

// Make runs "make config CONFIG_DIR=STOW/FOO/:config" in the tree of a
// version, by its disk name, if a makefile has that target. It searches the text
// of the makefile: to ask make would already run its commands. It runs a program
// of the package's authors with the rights of the caller, so callers need an
// explicit request for it.
//
// make runs without a terminal, in a process group of its own, with the caller's
// PATH and HOME as its whole environment. It is ended with ctx, or after
// [makeTimeout]; out receives up to [maxOutput] of its output.
func Make(ctx context.Context, st *store.Store, foo, version string, out io.Writer) (ran bool, err error) {
	d, err := st.OpenPackage(foo)
	if err != nil || d == nil {
		return false, err
	}
	defer d.Close()
	image, err := d.Follow(version)
	if err != nil {
		return false, err
	}
	defer image.Close()
	name, err := store.ConfigMakefile(image)
	if err != nil || name == "" {
		return false, err
	}
	top := st.Dir().Path() + "/" + foo
	if err := runMake(ctx, out, "-C", top+"/"+version, "config", "CONFIG_DIR="+top+"/"+store.Config); err != nil {
		return true, fmt.Errorf("cannot configure %s/%s: make config: %w", foo, version, err)
	}
	return true, nil
}

// The bounds of make.
const (
	makeTimeout = 10 * time.Minute
	makeGrace   = 5 * time.Second // between SIGTERM and SIGKILL
	maxOutput   = 64 << 10        // bytes
)

func runMake(ctx context.Context, out io.Writer, args ...string) error {
	r, err := process.Run(ctx, process.Command{
		Argv: append([]string{"make"}, args...), Timeout: makeTimeout, Grace: makeGrace, Tee: &bounded{to: out, left: maxOutput},
		Env: []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")},
	})
	if err == nil && !r.OK() {
		err = errors.New(r.How())
	}
	return err
}

// bounded passes on the beginning of its input.
type bounded struct {
	to   io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	n := len(p)
	if b.left == 0 {
		return n, nil
	}
	if len(p) >= b.left {
		p = append(p[:b.left:b.left], "\n[...]\n"...)
		b.left = len(p)
	}
	b.left -= len(p)
	_, err := b.to.Write(p)
	return n, err
}
