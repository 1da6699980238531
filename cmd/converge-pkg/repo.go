package main

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"converge/internal/app/environ"
	"converge/internal/app/packing"
	"converge/internal/pkgrepo"
	"converge/internal/view"
)

const day = 24 * time.Hour

// updateRepository updates the repositories in a folder.
func updateRepository(ctx context.Context, env *environ.Env, o packing.RepoOptions) error {
	for _, name := range []struct{ flag, value string }{{"--name", o.Name}, {"--suite", o.Suite}} {
		if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`).MatchString(name.value) {
			return fmt.Errorf("%s is a name of letters, digits and . _ -, not %q", name.flag, name.value)
		}
	}
	if o.Keep < 0 || o.KeepDays < 0 {
		return fmt.Errorf("--keep and --keep-days are not negative")
	}
	var lost error
	err := pkgrepo.Update(ctx, o.Dir, pkgrepo.Options{
		Name: o.Name, Suite: o.Suite, Keys: o.Keys, Keep: o.Keep, KeepFor: time.Duration(o.KeepDays) * day, DryRun: o.DryRun, Unsigned: o.Unsigned,
		Password: func() string { return env.Getenv("CONVERGE_KEY_PASSWORD") },
		Now:      time.Now,
		Warn:     env.Warn,
		Log: func(what, file string) {
			if err := showFile(env.Out, view.File{File: file, Done: what}, o.JSON); err != nil {
				lost = err
			}
		},
	})
	if err == nil {
		err = lost
	}
	return err
}

// makeKeys makes the keys of a repository.
func makeKeys(_ context.Context, env *environ.Env, o packing.KeyOptions) error {
	if o.Days < 0 || o.Days > 36500 {
		return fmt.Errorf("--days is between 0 and 36500, not %d", o.Days)
	}
	if o.RSABits < 2048 || o.RSABits > 16384 {
		return fmt.Errorf("--rsa-bits is between 2048 and 16384, not %d: shorter keys can be broken", o.RSABits)
	}
	if err := pkgrepo.KeyFolder(o.Out); err != nil {
		return fmt.Errorf("cannot make the folder for keys: %w", err)
	}
	names, err := pkgrepo.NewKeys(o.Out, o.Name, time.Duration(o.Days)*day, o.RSABits, time.Now())
	for _, name := range names {
		if err := showFile(env.Out, view.File{File: name}, o.JSON); err != nil {
			return err
		}
	}
	return err
}
