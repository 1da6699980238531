package secrets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/process"
)

// defaultTimeout is the time limit of a program that prints a secret.
const defaultTimeout = 30 * time.Second

// runCommand runs the program of a source. Its standard error is never shown: it may contain a secret.
func (r *Reader) runCommand(ctx context.Context, s Source) (string, error) {
	out, said, err := r.runProgram(ctx, s, s.Command, nil)
	if said != "" {
		err = fmt.Errorf("%w; what it wrote on its standard error is not shown, as it may hold a secret: run it by hand to read that", err)
	}
	return out, err
}

// runTool runs a program that decrypts a file. Its standard error is about the file and its keys, and explains a
// failure.
func (r *Reader) runTool(ctx context.Context, s Source, argv, env []string) (string, error) {
	out, said, err := r.runProgram(ctx, s, argv, env)
	if said != "" {
		err = fmt.Errorf("%w: %s", err, firstLine(said))
	}
	return out, err
}

// runProgram runs a program and returns its standard output; if it fails, also its standard error.
func (r *Reader) runProgram(ctx context.Context, s Source, argv, env []string) (out, said string, err error) {
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		env = append(env, name+"="+s.Env[name])
	}
	timeout := s.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	res, err := process.Run(ctx, process.Command{
		Argv: argv, Dir: s.resolve("."), Env: process.With(process.Environment(), env...),
		Timeout: timeout, Split: true, Head: true, Output: maxSize + 1,
	})
	switch {
	case err != nil:
		return "", "", fmt.Errorf("%s: %w", argv[0], err)
	case !res.OK():
		return "", strings.TrimSpace(res.Stderr), fmt.Errorf("%s: %s", argv[0], res.How())
	case len(res.Stdout) > maxSize:
		return "", "", fmt.Errorf("%s prints more than 1 MiB, which no secret is", argv[0])
	}
	return res.Stdout, "", nil
}

// sopsVariables returns the prefixes of the environment variables by which sops and key services find their keys.
func sopsVariables() []string {
	return []string{"SOPS_", "AWS_", "AZURE_", "GOOGLE_", "VAULT_", "GNUPGHOME=", "XDG_CONFIG_HOME="}
}

// runSops decrypts a file with sops. The age key is that of the source, or converge's own if the environment names none.
func (r *Reader) runSops(ctx context.Context, s Source) (string, error) {
	path := s.resolve(s.Value)
	if _, err := r.readFile(path); err != nil {
		return "", err
	}
	var env []string
	for _, kv := range r.opts.Env {
		if slices.ContainsFunc(sopsVariables(), func(p string) bool { return strings.HasPrefix(kv, p) }) {
			env = append(env, kv)
		}
	}
	const keyFile = "SOPS_AGE_KEY_FILE"
	key := s.resolve(s.Identity)
	if s.Identity == "" {
		key = r.host(ageKey)
	}
	if _, err := os.Stat(key); s.Identity != "" || err == nil && r.getenv(keyFile) == "" {
		env = process.With(env, keyFile+"="+key)
	}
	return r.runTool(ctx, s, []string{"sops", "decrypt", path}, env)
}

// readCredential reads a credential of systemd: one that was passed to the unit of this process or to the machine, one
// in a credential store, or a file. Those in encrypted stores and in files are encrypted.
func (r *Reader) readCredential(ctx context.Context, s Source) (string, error) {
	if strings.Contains(s.Value, "/") {
		path := s.resolve(s.Value)
		if _, err := r.readFile(path); err != nil {
			return "", err
		}
		return r.decryptCredential(ctx, s, path)
	}
	var dirs []string
	if passed := r.getenv("CREDENTIALS_DIRECTORY"); filepath.IsAbs(passed) {
		dirs = append(dirs, passed)
	}
	dirs = append(dirs, r.host("/run/credentials/@system"))
	for _, store := range []string{"/etc", "/run", "/usr/lib"} {
		dirs = append(dirs, r.host(store+"/credstore"), r.host(store+"/credstore.encrypted"))
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, s.Value)
		b, err := r.readFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", err
		case strings.HasSuffix(dir, ".encrypted"):
			return r.decryptCredential(ctx, s, path)
		}
		return string(b), nil
	}
	return "", fmt.Errorf("there is no credential %q in %s", s.Value, strings.Join(dirs, ", "))
}

func (r *Reader) decryptCredential(ctx context.Context, s Source, path string) (string, error) {
	argv := []string{"systemd-creds", "decrypt", "--newline=no"}
	if !strings.Contains(s.Value, "/") {
		argv = append(argv, "--name="+s.Value)
	}
	return r.runTool(ctx, s, append(argv, path, "-"), nil)
}
