package stow

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"

	"converge/internal/stow/control"
)

// unitDirs returns the folders of a target in which systemd looks for units, for the targets /usr/local, /etc and /.
func unitDirs() []string {
	return []string{"lib/systemd/system", "etc/systemd/system", "systemd/system", "usr/lib/systemd/system"}
}

// Ships returns, by package, the keys of the units in the shown versions, and in the wanted versions if they exist
// already.
func (p *Provider) Ships(ctx context.Context, names []string) (map[string][]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string][]string{}
	for _, view := range p.views {
		for req, now := range view.found {
			if !slices.Contains(names, req.name) {
				continue
			}
			for _, disk := range []string{now.state.Installed, now.goal} {
				units, err := view.listUnits(ctx, req.name, disk)
				if err != nil {
					return nil, err
				}
				for _, unit := range units {
					out[req.name] = append(out[req.name], "unit:"+unit)
				}
			}
		}
	}
	for name := range out {
		slices.Sort(out[name])
		out[name] = slices.Compact(out[name])
	}
	return out, nil
}

// Runs returns nothing: what starts the programs of a farm is not determined.
func (*Provider) Runs(context.Context, string) ([]string, error) { return nil, nil }

// listUnits returns the names in the unit folders of a version.
func (view *farmView) listUnits(ctx context.Context, name, disk string) ([]string, error) {
	if disk == "" {
		return nil, nil
	}
	var out []string
	d := control.OnDisk(view.p.fs)
	for _, dir := range unitDirs() {
		names, err := d.Entries(ctx, view.at.stow+"/"+name+"/"+disk+"/"+dir)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, names...)
	}
	return out, nil
}
