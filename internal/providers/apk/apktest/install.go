package apktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/process"
	"converge/internal/version"
)

// change is the change of one package.
type change struct{ from, to *pkg }

// changes are those from the installed packages to the chosen ones.
func (w *state) changes() []change {
	var list []change
	find := func(in []*pkg, name string) *pkg {
		if i := slices.IndexFunc(in, func(p *pkg) bool { return p.name == name }); i >= 0 {
			return in[i]
		}
		return nil
	}
	for _, p := range w.installed {
		if find(w.chosen, p.name) == nil {
			list = append(list, change{from: p})
		}
	}
	for _, p := range slices.Backward(w.chosen) {
		have := find(w.installed, p.name)
		if have == nil || have.version != p.version || p.file != "" && have.checksum != p.checksum || w.again[p.name] {
			list = append(list, change{have, p})
		}
	}
	return list
}

// verb is apk's word for the change.
func (c change) verb() string {
	switch {
	case c.from == nil:
		return "Installing"
	case c.to == nil:
		return "Purging"
	case c.from == c.to || c.from.checksum == c.to.checksum:
		return "Reinstalling"
	}
	switch place := version.CompareAPK(c.to.version, c.from.version); {
	case place < 0:
		return "Downgrading"
	case place > 0:
		return "Upgrading"
	}
	return "Replacing"
}

// commit makes the changes, or describes them.
func (k *call) commit(w *state) (status int, err error) {
	list := w.changes()
	errs := 0
	for _, p := range w.installed { // packages that were broken before count, too
		if p.flags != "" && !slices.ContainsFunc(list, func(c change) bool { return c.from == p }) {
			errs++
		}
	}
	for i, c := range list {
		k.report(i+1, len(list), c, w)
		if k.simulate {
			continue
		}
		if k.Before != nil {
			if err := k.Before(i); err != nil {
				return -1, err
			}
		}
		ok, err := k.apply(w, c)
		if err != nil {
			return -1, err
		}
		if !ok {
			errs++
		}
	}
	if !k.simulate {
		if err := k.write(w); err != nil {
			return -1, err
		}
		if len(list) > 0 {
			if err := k.log(); err != nil {
				return -1, err
			}
		}
	}
	k.summarize(errs, len(w.installed))
	return errs, nil
}

// apply makes a change; ok is false if apk counts it as an error.
func (k *call) apply(w *state, c change) (ok bool, err error) {
	if c.from != nil && (c.to == nil || c.from != c.to) {
		if c.to == nil {
			ok, err = true, k.removeFiles(c.from)
		}
		w.installed = slices.DeleteFunc(w.installed, func(p *pkg) bool { return p.name == c.from.name })
	}
	if c.to == nil || err != nil {
		return ok, err
	}
	file := c.to.file
	if file == "" {
		file = w.fileOf(c.to)
	}
	a, err := readArchive(file)
	if errors.Is(err, fs.ErrNotExist) {
		k.complain("%s: package mentioned in index not found (try 'apk update')", c.to)
		if c.from != nil {
			w.installed = append(w.installed, c.from)
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now := &pkg{name: c.to.name, version: c.to.version, checksum: c.to.checksum, header: c.to.header, depends: c.to.depends, provide: c.to.provide}
	w.installed = slices.DeleteFunc(w.installed, func(p *pkg) bool { return p.name == now.name })
	w.installed = append(w.installed, now)
	when := "install"
	if c.from != nil {
		when = "upgrade"
	}
	ok = k.runScript(now, a, "pre-"+when)
	if err := k.extract(w, now, a); err != nil {
		return false, err
	}
	return k.runScript(now, a, "post-"+when) && ok && now.flags == "", nil
}

// log adds a line to apk's log for a call that has changed packages.
func (k *call) log() error {
	old, err := os.ReadFile(k.at(LogFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(k.at(path.Dir(LogFile)), 0o755); err != nil {
		return err
	}
	return writeFile(k.at(LogFile), append(old, k.command+" "+strings.Join(k.args, " ")+"\n"...), 0o644)
}

// LogFile is apk's log of its changes.
const LogFile = "/var/log/apk.log"

// owner is the other package that has a file.
func (w *state) owner(name string, but *pkg) *pkg {
	for _, p := range w.installed {
		dir := ""
		for _, line := range p.files {
			if line[0] == 'F' {
				dir = line[2:]
			}
			if p.name != but.name && line[0] == 'R' && path.Join(dir, line[2:]) == name {
				return p
			}
		}
	}
	return nil
}

// fileOf finds the .apk of an installed package, which must still be offered.
func (w *state) fileOf(p *pkg) string {
	for _, o := range w.offers {
		if o.name == p.name && o.version == p.version {
			return o.file
		}
	}
	return ""
}

// runScript runs a script of a package in the root; unlike apk it does not confine the script to it.
func (k *call) runScript(p *pkg, a *archive, name string) bool {
	script, ok := a.scripts[name]
	if !ok {
		return true
	}
	k.say("Executing %s.%s", p, name)
	r, err := process.Run(context.Background(), process.Command{
		Argv: []string{"/bin/sh", "-s", p.version}, Dir: k.Root, Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, Stdin: string(script),
	})
	k.print(r.Stdout)
	if err == nil && r.OK() {
		return true
	}
	k.complain("%s.%s: script exited with error %d", p, name, r.Status)
	p.flags = "s"
	return false
}

// extract puts the files of a package in place. A changed file below /etc stays, and the package's is put beside it.
func (k *call) extract(w *state, p *pkg, a *archive) error {
	dir := ""
	for _, f := range a.files {
		if o := w.owner(f.name, p); o != nil {
			k.complain("%s: trying to overwrite %s owned by %s.", p, f.name, o)
			p.flags = "f"
			continue
		}
		to := k.at(f.name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if d := path.Dir(f.name); d != dir || len(p.files) == 0 {
			dir = d
			p.files = append(p.files, "F:"+d)
		}
		p.files = append(p.files, "R:"+path.Base(f.name), "Z:"+f.checksum())
		if live, err := os.ReadFile(to); err == nil && strings.HasPrefix(f.name, "etc/") && !bytes.Equal(live, f.data) {
			to += ".apk-new"
		}
		if err := writeFile(to, f.data, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// removeFiles removes the files of a package; changed ones below /etc stay.
func (k *call) removeFiles(p *pkg) error {
	dir := ""
	for i, line := range p.files {
		if line[0] == 'F' {
			dir = line[2:]
		}
		if line[0] != 'R' {
			continue
		}
		name := path.Join(dir, line[2:])
		data, err := os.ReadFile(k.at(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if changed := "Z:"+checksum(data) != p.files[i+1]; changed && strings.HasPrefix(name, "etc/") {
			continue
		}
		if err := os.Remove(k.at(name)); err != nil {
			return fmt.Errorf("cannot remove %s: %w", name, err)
		}
	}
	return nil
}
