package repository

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Apply implements [resource.TypedProvider]. It checks the repository before it writes anything. Programs that keep
// keys of their own get a key before the files name it: after a kill in between, the next run does it again.
func (r *repositories) Apply(ctx context.Context, c resource.TypedChange[resources.RepositoryWant]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.keepOld(ctx, c.Have); err != nil {
		return err
	}
	if c.Action == resource.Delete {
		if c.Have == nil {
			return nil
		}
		err := r.checkTags(c.Have, nil)
		if err == nil {
			err = r.remove(ctx, *c.Have)
			r.noteSources(resources.RepositoryWant{Name: c.Have.Name, Provider: c.Have.Provider, Ensure: resource.Some("absent")}, err)
		}
		if err != nil {
			return fmt.Errorf("cannot remove the repository %s: %w", c.Want.Name, err)
		}
		return nil
	}
	key, err := r.acceptedKey(ctx, c)
	if err == nil {
		err = r.checkTags(c.Have, c.Want.Definition)
	}
	if err == nil {
		err = r.checkSigners(c.Want)
	}
	if err == nil {
		err = r.write(ctx, c, key)
		r.noteSources(c.Want, err)
	}
	if err != nil {
		return fmt.Errorf("cannot set up the repository %s: %w", c.Want.Name, err)
	}
	return nil
}

// acceptedKey returns the key of a repository in its written form, once it is usable and has signed the repository.
func (r *repositories) acceptedKey(ctx context.Context, c resource.TypedChange[resources.RepositoryWant]) ([]byte, error) {
	key, err := r.keys.loadKey(ctx, c.Want, c.Have)
	if err == nil && len(key) > 0 && !c.Want.Trusted.Value {
		_, err = r.keys.usableKeys(c.Want, key)
	}
	if err == nil {
		err = r.verifier.checkSignature(ctx, c.Want, key).err
	}
	if err != nil {
		return nil, err
	}
	return writtenKey(c.Want, key)
}

// keepOld saves the contents of the files, so that a rollback can write them again.
func (r *repositories) keepOld(ctx context.Context, have *resources.RepositoryWant) error {
	if r.keep == nil || have == nil {
		return nil
	}
	for _, b := range []*resource.Blob{have.Definition, have.SigningKey, have.Preferences, have.Credentials} {
		if data, ok := contentOf(b); ok {
			if _, err := r.keep.KeepBytes(ctx, data); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes the files that differ, the key's first.
func (r *repositories) write(ctx context.Context, c resource.TypedChange[resources.RepositoryWant], key []byte) (err error) {
	want := c.Want
	defer func() { err = errors.Join(err, r.tidyFolders(ctx, want)) }()
	if err := r.makeFolders(ctx, want); err != nil {
		return err
	}
	if c.Differs("signing_key") || c.Action == resource.Create {
		if err := r.truster.trust(ctx, want, c.Have, key); err != nil {
			return err
		}
	}
	g := r.begin()
	defer g.txn.Abort()
	if err := r.putKey(g, c, key); err != nil {
		return err
	}
	for _, f := range besides(want, &resources.RepositoryWant{}) {
		text, ok, err := r.writeBeside(f)
		if err != nil {
			return err
		}
		if ok {
			g.put(f.path, text, f.mode)
		}
	}
	if err := putDefinition(g, c); err != nil {
		return err
	}
	return g.commit(ctx)
}

// writeBeside returns the wanted content of a file beside the definition, and whether the file is to be written: a
// file that converge did not write stays as it is.
func (r *tree) writeBeside(f beside) (text []byte, ok bool, err error) {
	if f.want == nil {
		return nil, false, nil
	}
	if !isEmpty(f.want) {
		text, err = readBlob(f.want)
		return text, err == nil, err
	}
	was, err := r.readBeside(f)
	return nil, was != nil, err
}

// putDefinition writes the definition; for pacman, it may only move a section.
func putDefinition(g *group, c resource.TypedChange[resources.RepositoryWant]) error {
	want := c.Want
	text, err := []byte(nil), error(nil)
	if want.Definition != nil {
		text, err = readBlob(want.Definition)
	}
	switch {
	case err != nil:
		return err
	case want.Provider.Value == "pacman":
		return g.edit(want.DefinitionPath(), func(was []byte) []byte {
			if want.Definition == nil {
				text = findSection(was, want.Name).text
			}
			return withSection(was, want.Name, text, want.Before)
		})
	case want.Definition != nil:
		g.put(want.DefinitionPath(), text, modeOf(c))
	case want.Mode.Set:
		if text, err = g.fs.ReadFile(want.DefinitionPath(), maxText); err != nil {
			return err
		}
		g.put(want.DefinitionPath(), text, modeOf(c))
	}
	return nil
}

// putKey makes the file of the key, and removes that of a former key, because apk has one for every name of a key and
// trusts all keys in its folder for all repositories. The definition that names the former key is written later, so
// that a run after a kill in between finds it again.
func (r *repositories) putKey(g *group, c resource.TypedChange[resources.RepositoryWant], key []byte) error {
	at := c.Want.KeyPath()
	if c.Want.SigningKey != nil && at != "" {
		keep := false
		if len(key) == 0 {
			var err error
			if keep, err = r.othersUseKey(c.Want); err != nil {
				return err
			}
		}
		if !keep {
			g.put(at, key, 0o644)
		}
	}
	if c.Have == nil || c.Have.KeyPath() == "" || c.Have.KeyPath() == at {
		return nil
	}
	keep, err := r.othersUseKey(*c.Have)
	if err == nil && !keep {
		g.remove(c.Have.KeyPath())
	}
	return err
}

// modeOf returns the permissions of a definition: only its owner may read one that may contain a password.
func modeOf(c resource.TypedChange[resources.RepositoryWant]) uint32 {
	if mode, err := strconv.ParseUint(c.Want.Mode.Value, 8, 12); err == nil {
		return uint32(mode)
	}
	if c.Secret["definition"] {
		return 0o600
	}
	return 0o644
}

// makeFolders makes the missing folders of the files.
func (r *tree) makeFolders(ctx context.Context, want resources.RepositoryWant) error {
	for _, dir := range foldersOf(want) {
		if _, err := r.fs.MakeFolders(ctx, fileTag, dir); err != nil {
			return err
		}
	}
	return nil
}

// tidyFolders removes the folders that were made for files which do not exist (any more).
func (r *tree) tidyFolders(ctx context.Context, w resources.RepositoryWant) error {
	_, err := r.fs.TidyFolders(context.WithoutCancel(ctx), fileTag, foldersOf(w)...)
	return err
}

// foldersOf lists the folders of a repository's files.
func foldersOf(w resources.RepositoryWant) (dirs []string) {
	for _, file := range append(w.Paths(), w.DefinitionPath()) {
		dirs = append(dirs, path.Dir(file))
	}
	return dirs
}

// fileTag is part of the names of staged files.
const fileTag = "repository"

// group is a group of files that are changed together.
type group struct {
	fs    *fsys.FS
	txn   *fsys.Txn
	steps []*fsys.Step
	errs  []error
}

func (r *tree) begin() *group { return &group{fs: r.fs, txn: r.fs.Begin(fileTag)} }

// put sets the content of a file, with that mode if it is new. It removes a file without content.
func (g *group) put(path string, content []byte, mode uint32) {
	live, err := g.txn.Look(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(content) == 0:
		return
	case errors.Is(err, fs.ErrNotExist):
		perm, err := g.txn.Inherited(path)
		perm.Mode = mode
		g.errs = append(g.errs, err)
		g.steps = append(g.steps, g.txn.File(path, fsys.Info{}, fsys.File{Perm: perm, Bytes: content}))
	case err != nil:
		g.errs = append(g.errs, err)
	case len(content) == 0:
		g.steps = append(g.steps, g.txn.Remove(path, live))
	default:
		if mode == 0o644 {
			mode = live.Mode
		}
		if was, err := g.fs.ReadFile(path, maxText); err == nil && bytes.Equal(was, content) && mode == live.Mode {
			return
		}
		g.steps = append(g.steps, g.txn.File(path, live, fsys.File{Perm: fsys.Perm{Mode: mode, UID: live.UID, GID: live.GID}, Bytes: content}))
	}
}

// edit sets the content of a file to the result of change.
func (g *group) edit(path string, change func([]byte) []byte) error {
	was, err := g.fs.ReadFile(path, maxText)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	now := change(was)
	if string(now) != string(was) || err != nil {
		g.put(path, now, 0o644)
	}
	return nil
}

// remove removes a file, or a folder with its contents.
func (g *group) remove(path string) {
	live, err := g.txn.Look(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		g.errs = append(g.errs, err)
	case live.Type == fsys.Directory:
		g.steps = append(g.steps, g.txn.RemoveAll(path))
	default:
		g.steps = append(g.steps, g.txn.Remove(path, live))
	}
}

func (g *group) commit(ctx context.Context) error {
	if err := errors.Join(g.errs...); err != nil {
		return err
	}
	errs := []error{g.txn.Commit(ctx)}
	for _, s := range g.steps {
		errs = append(errs, s.Err())
	}
	return errors.Join(errs...)
}
