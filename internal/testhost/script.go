package testhost

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"converge/internal/fsys"
)

//go:embed script
var scripts embed.FS

// failed is the exit status of script/testhost for a failure of its own, not of the command that it ran.
const failed = 125

// dir returns the folder for images, hosts and programs.
func dir() string {
	if d := os.Getenv("TESTHOST_DIR"); d != "" {
		return d
	}
	return filepath.Join(os.TempDir(), "testhost")
}

// script puts the embedded scripts on disk, in a folder named by their
// content, and returns the path of the main one.
func script() (string, error) {
	if err := ownDir(dir()); err != nil {
		return "", err
	}
	names, err := fs.Glob(scripts, "script/*")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	content := map[string][]byte{}
	for _, n := range names {
		b, err := scripts.ReadFile(n)
		if err != nil {
			return "", err
		}
		content[n] = b
		sum.Write(b)
	}
	into := filepath.Join(dir(), "script-"+hex.EncodeToString(sum.Sum(nil))[:16])
	if err := os.MkdirAll(into, 0o755); err != nil {
		return "", err
	}
	for n, b := range content {
		if err := writeProgram(filepath.Join(into, filepath.Base(n)), b); err != nil {
			return "", err
		}
	}
	return filepath.Join(into, "testhost"), nil
}

// ownDir makes the folder d and refuses one that another user has put there.
func ownDir(d string) error {
	if err := os.MkdirAll(d, 0o755); err != nil {
		return err
	}
	fi, err := os.Lstat(d)
	if err != nil {
		return err
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); !ok || !fi.IsDir() || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a folder of this user", d)
	}
	return nil
}

// writeProgram puts an executable in place atomically, unless it exists.
func writeProgram(path string, content []byte) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, content) {
		return nil
	}
	return fsys.ReplacePath(path, content, fsys.Replacement{Mode: 0o755, Exact: true})
}

// command returns a call of script/testhost.
func command(ctx context.Context, args ...string) (*exec.Cmd, error) {
	path, err := script()
	if err != nil {
		return nil, fmt.Errorf("cannot put the testhost script in place: %w", err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "TESTHOST_DIR="+dir())
	if suite := osRelease()["VERSION_CODENAME"]; os.Getenv("TESTHOST_SUITE") == "" && suite != "" {
		cmd.Env = append(cmd.Env, "TESTHOST_SUITE="+suite)
	}
	return cmd, nil
}

// run runs script/testhost and returns its output.
func run(ctx context.Context, args ...string) (string, error) {
	cmd, err := command(ctx, args...)
	if err != nil {
		return "", err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("testhost %s: %w\n%s", strings.Join(args, " "), err, &stderr)
	}
	return strings.TrimSpace(stdout.String()), nil
}

// runOnce is run for calls with a constant result during this test process: the result is kept in its folder.
func runOnce(ctx context.Context, own string, args ...string) (string, error) {
	kept := filepath.Join(own, ".answer-"+strings.Join(args, "-"))
	if b, err := os.ReadFile(kept); err == nil {
		return string(b), nil
	}
	out, err := run(ctx, args...)
	if err != nil {
		return "", err
	}
	return out, writeProgram(kept, []byte(out))
}

// Prepare builds "repo", or the image with that name, if it is missing, and
// returns its path.
func Prepare(ctx context.Context, what string) (string, error) {
	if why := Missing(ctx); why != "" {
		return "", fmt.Errorf("cannot run test hosts here: %s", why)
	}
	if what == "repo" {
		return run(ctx, "repo")
	}
	return run(ctx, "build", what)
}
