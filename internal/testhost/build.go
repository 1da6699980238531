package testhost

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// shareTests puts the calling test binary into the folder own: the binary itself if it is statically linked, or else a
// static build of it.
func shareTests(ctx context.Context, own, name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	alone, err := isStatic(self)
	if err != nil {
		return "", err
	}
	if !alone {
		return build(ctx, own, name, "test", "-c", ".")
	}
	return makeOnce(own, name, func(dst string) error {
		if os.Link(self, dst) == nil {
			return nil
		}
		data, err := os.ReadFile(self) // the folder is on another file system
		if err != nil {
			return err
		}
		return os.WriteFile(dst, data, 0o755)
	})
}

// isStatic reports whether a program needs no dynamic linker.
func isStatic(program string) (bool, error) {
	f, err := elf.Open(program)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return !slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }), nil
}

// makeOnce makes the file called name in the folder own, if it does not exist yet.
func makeOnce(own, name string, write func(dst string) error) (string, error) {
	lock, err := lockFile(filepath.Join(own, ".build.lock"), syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	dst := filepath.Join(own, name)
	if _, err := os.Stat(dst); err == nil {
		return name, nil
	}
	if err := write(dst + ".new"); err != nil {
		return "", err
	}
	return name, os.Rename(dst+".new", dst)
}

// build builds a binary called name in the folder own, with the go command and these arguments, if it does not exist
// yet.
func build(ctx context.Context, own, name string, args ...string) (string, error) {
	return makeOnce(own, name, func(dst string) error {
		wd, err := os.Getwd()
		if err != nil {
			return err
		}
		from := wd
		if args[len(args)-1] != "." {
			if from, err = moduleRoot(wd); err != nil {
				return err
			}
		}
		key := sha256.Sum256([]byte(strings.Join(append(args, from), "\x00")))
		kept := filepath.Join(dir(), "built", fmt.Sprintf("%x", key[:8]))
		return buildKept(ctx, kept, name, dst, args)
	})
}

// buildKept builds in the folder kept, which all test processes of a source tree share: there the go command links only
// changed programs, and linking takes most of the time.
func buildKept(ctx context.Context, kept, name, dst string, args []string) error {
	if err := ownDir(kept); err != nil {
		return err
	}
	lock, err := lockFile(filepath.Join(kept, ".lock"), syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer lock.Close()
	built := filepath.Join(kept, name)
	argv := append([]string{args[0], "-ldflags=-w", "-o", built}, args[1:]...)
	cmd := exec.CommandContext(ctx, "go", argv...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	return os.Link(built, dst)
}
