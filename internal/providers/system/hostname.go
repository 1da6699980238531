package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

const (
	hostnameFile = "/etc/hostname"
	hostsFile    = "/etc/hosts"
	cloudConfig  = "/etc/cloud/cloud.cfg"
	cloudDir     = "/etc/cloud/cloud.cfg.d"
	cloudFile    = resources.CloudHostnameFile
)

// HostnameOptions configure [NewHostname].
type HostnameOptions struct {
	FS   *fsys.FS
	Live bool // the root is that of the running kernel

	// SetName sets the name in the kernel; nil: by sethostname(2), which works even if /proc/sys is read-only.
	SetName func(name string) error
}

// Hostname is the provider of the kind hostname.
type Hostname struct {
	resource.Provider
	names *names
}

// NewHostname returns the provider of the name of a host.
func NewHostname(o HostnameOptions) *Hostname {
	if o.SetName == nil {
		o.SetName = func(name string) error { return unix.Sethostname([]byte(name)) }
	}
	n := &names{o}
	return &Hostname{resource.Typed[resources.HostnameWant](n), n}
}

// names observes and changes the name of a host. It caches nothing.
type names struct{ HostnameOptions }

// Observe implements [resource.TypedProvider].
func (n *names) Observe(_ context.Context, want resources.HostnameWant) (*resources.HostnameWant, error) {
	have := &resources.HostnameWant{Name: want.Name, Now: want.Now, InHosts: want.InHosts, Preserved: want.Preserved}
	text, err := readMaybe(n.FS, hostnameFile)
	if err != nil {
		return nil, err
	}
	start, end := savedName(text)
	have.Saved = resource.Some(resource.EncodeText(string(text[start:end])))
	if isThere := text != nil; want.Nameless.Set || isThere && start == end {
		have.Nameless = resource.Some(isThere && start == end)
	}
	if n.Live && want.Now.Set {
		now, err := n.FS.ReadFile("/proc/sys/kernel/hostname", maxFile)
		if err != nil {
			return nil, fmt.Errorf("cannot observe the name of the host: %w", err)
		}
		have.Now.Value = resource.EncodeText(strings.TrimSpace(string(now)))
	}
	if err := n.observeHosts(want, have); err != nil {
		return nil, err
	}
	if want.Preserved.Set {
		have.Preserved.Value, err = n.observeCloud(want)
	}
	return have, err
}

// savedName returns the position of the name in /etc/hostname, which may contain comments.
func savedName(text []byte) (start, end int) {
	for line := range bytes.Lines(text) {
		if name := bytes.TrimSpace(line); len(name) > 0 && name[0] != '#' {
			start += bytes.Index(line, name)
			return start, start + len(name)
		}
		start += len(line)
	}
	return start, start
}

// observeHosts compares the lines of 127.0.1.1, if there are any. They are right if one has the new name and none the
// old name; a rollback needs exactly the recorded names.
func (n *names) observeHosts(want resources.HostnameWant, have *resources.HostnameWant) error {
	text, err := readMaybe(n.FS, hostsFile)
	if err != nil {
		return err
	}
	var there []string
	for _, at := range findNames(text) {
		there = append(there, string(text[at[0]:at[1]]))
	}
	joined := strings.Join(there, "\n")
	isRight := joined == resource.DecodeBytes(want.InHosts.Value)
	if want.InHosts.Value == want.Name {
		isRight = slices.Equal(resources.RenameHosts(there, resource.DecodeBytes(have.Saved.Value), want.Name), there)
	}
	if len(there) > 0 && !isRight {
		have.InHosts = resource.Some(resource.EncodeText(joined))
	}
	return nil
}

// observeCloud finds out whether cloud-init preserves the name. If it is not installed, the wanted value already holds.
func (n *names) observeCloud(want resources.HostnameWant) (bool, error) {
	text, err := n.FS.ReadFile(cloudConfig, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return want.Preserved.Value, nil
	}
	if err != nil {
		return false, err
	}
	files, err := n.FS.Names(cloudDir)
	if err = ignoreMissing(err); err != nil {
		return false, err
	}
	value, by := preserves(text), cloudConfig
	for _, name := range files {
		if !strings.HasSuffix(name, ".cfg") {
			continue
		}
		text, err := n.FS.ReadFile(cloudDir+"/"+name, maxFile)
		if err != nil {
			return false, err
		}
		if v := preserves(text); v != "" {
			value, by = v, cloudDir+"/"+name
		}
	}
	if value == "false" && by > cloudFile && want.Preserved.Value && want.Saved.Value == want.Name {
		return false, fmt.Errorf("cannot have cloud-init keep the name of the host: %s sets preserve_hostname to false, after %s; remove it there", by, cloudFile)
	}
	return value == "true", nil
}

// preserves returns the top-level value of preserve_hostname in a file of cloud-init: "true", "false", or "" if it is
// not set.
func preserves(text []byte) string {
	m := regexp.MustCompile(`(?m)^preserve_hostname[ \t]*:[ \t]*['"]?([A-Za-z]+)`).FindAllSubmatch(text, -1)
	if len(m) == 0 {
		return ""
	}
	switch strings.ToLower(string(m[len(m)-1][1])) {
	case "true", "yes", "on":
		return "true"
	}
	return "false"
}

// Apply implements [resource.TypedProvider]. It sets the kernel's name last, so that an unprivileged process has at
// least written the files.
func (n *names) Apply(ctx context.Context, c resource.TypedChange[resources.HostnameWant]) error {
	old := ""
	if c.Have != nil {
		old = c.Have.Saved.Value
	}
	if c.Differs("preserved") {
		if err := n.preserve(ctx, c.Want.Preserved.Value); err != nil {
			return err
		}
	}
	if c.Differs("in_hosts") {
		if err := n.setHosts(ctx, c.Want, old); err != nil {
			return err
		}
	}
	if c.Differs("saved_name") || c.Differs("nameless") {
		if err := n.save(ctx, resource.DecodeBytes(c.Want.Saved.Value), c.Want.Nameless.Value); err != nil {
			return err
		}
	}
	if c.Differs("live_name") && n.Live {
		if err := n.SetName(resource.DecodeBytes(c.Want.Now.Value)); err != nil {
			return fmt.Errorf("cannot set the name of the host to %q: %w", c.Want.Now.Value, err)
		}
	}
	return nil
}

func (n *names) rewrite(ctx context.Context, path string, edit func(text []byte) []byte) error {
	return n.FS.Rewrite(ctx, fsys.Rewriting{Tag: "hostname", Path: path, Max: maxFile, Edit: func(text []byte) ([]byte, error) { return edit(text), nil }})
}

func (n *names) preserve(ctx context.Context, keep bool) error {
	return n.rewrite(ctx, cloudFile, func([]byte) []byte {
		if !keep {
			return nil
		}
		return []byte("# By converge: the name of the host is that of its manifest.\npreserve_hostname: true\n")
	})
}

func (n *names) setHosts(ctx context.Context, want resources.HostnameWant, old string) error {
	return n.rewrite(ctx, hostsFile, func(text []byte) []byte {
		places := findNames(text)
		names := strings.Split(resource.DecodeBytes(want.InHosts.Value), "\n")
		if want.InHosts.Value == want.Name {
			names = nil
			for _, at := range places {
				names = append(names, string(text[at[0]:at[1]]))
			}
			names = resources.RenameHosts(names, resource.DecodeBytes(old), want.Name)
		}
		for i := min(len(places), len(names)) - 1; i >= 0; i-- { // from the end, so that earlier positions stay valid
			text = slices.Concat(text[:places[i][0]], []byte(names[i]), text[places[i][1]:])
		}
		return text
	})
}

// save writes the name. For an empty name it removes the file, unless the file must exist without a name, or has
// comments.
func (n *names) save(ctx context.Context, name string, nameless bool) error {
	return n.FS.Rewrite(ctx, fsys.Rewriting{Tag: "hostname", Path: hostnameFile, Max: maxFile, KeepsEmpty: nameless, Edit: func(text []byte) ([]byte, error) {
		start, end := savedName(text)
		switch {
		case name == "" && start == 0 && len(bytes.TrimSpace(text[end:])) == 0:
			return nil, nil
		case name == "":
			start, end = lineAt(text, start, end)
		case start == end && start > 0 && text[start-1] != '\n': // the new last line gets no newline either
			name = "\n" + name
		case start == end:
			name += "\n"
		}
		return slices.Concat(text[:start], []byte(name), text[end:]), nil
	}})
}

// lineAt extends a name to its whole line: the last line of a file without a final newline includes the newline before
// it.
func lineAt(text []byte, start, end int) (int, int) {
	switch {
	case end < len(text) && text[end] == '\n':
		end++
	case end == len(text) && end > start && start > 0 && text[start-1] == '\n':
		start--
	}
	return start, end
}

// Review implements [resource.Reviewer].
func (h *Hostname) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast || c.Empty() {
		return r
	}
	if c.Differs("live_name") && h.names.Live && o.Pending == resource.NothingPending && !h.names.FS.HasCapability(unix.CAP_SYS_ADMIN) {
		r.Blocked = errors.New("cannot set the name of the host: this process has no right to (CAP_SYS_ADMIN), as in a container; with live = false only the files are written")
	}
	if c.Differs("live_name") {
		r.Notes = append(r.Notes, "node.hostname is the old name until the next run")
	}
	for _, path := range []string{hostnameFile, hostsFile} {
		if info, err := h.names.FS.Look(path); err == nil && info.Mount {
			r.Notes = append(r.Notes, path+" is a mount point: written in place, which is not atomic")
		}
	}
	return r
}

var _ resource.Reviewer = (*Hostname)(nil)
