package stow

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/stow/store"
	"converge/internal/stow/versiondir"
	"converge/internal/version"
	"converge/resources"
)

// request is a manifest's wish for one package.
type request struct {
	name     string
	ensure   string // present, latest, absent, purged
	version  string // as in the manifest; "": any
	location location
	adopt    bool
	broken   bool // accept_broken: broken dependents are accepted
}

func parseRequest(want cty.Value) (request, error) {
	p, err := resource.Decode[resources.PackageWant](want)
	if err != nil {
		return request{}, err
	}
	req := request{
		name: p.Name, ensure: p.Ensure.Value, version: p.Version.Value,
		location: location{string(p.StowDir.Value), string(p.Target.Value)},
		adopt:    p.Adopt.Value, broken: p.AcceptBroken.Value,
	}
	if req.name == "" {
		return req, errors.New("cannot tell which package: it has no name")
	}
	if req.version != "" {
		_, err = resources.ParseVersions(req.version)
	}
	return req, err
}

// isGone reports whether the package must not be shown.
func (req request) isGone() bool { return req.ensure == "absent" || req.ensure == "purged" }

// exactVersion returns the single wanted version; ok is false if several are allowed.
func (req request) exactVersion() (v string, ok bool) {
	return req.versionSet().Exact()
}

func (req request) versionSet() version.Set {
	if req.version == "" {
		return nil
	}
	set, err := resources.ParseVersions(req.version)
	if err != nil {
		return nil // parseRequest has reported it
	}
	return set
}

// isAllowed reports whether a version meets the request.
func (req request) isAllowed(v string) bool { return req.versionSet().Allows(v) }

// chooseVersion returns the directory name of the version to show. A shown version that meets the request stays;
// otherwise the highest one is chosen, if possible one that is not marked as unstable. A link to a version (latest ->
// 2.0) is chosen only by its name.
func (req request) chooseVersion(st store.State, unstable func(disk string) (bool, error)) (disk string, err error) {
	if v, ok := req.exactVersion(); ok {
		for _, there := range st.Versions {
			if there.Name() == v {
				return there.Disk, nil
			}
		}
		return "", req.missingError(st)
	}
	var best [2]string // stable, unstable
	for _, there := range st.Versions {
		switch {
		case !req.isAllowed(there.Name()):
			continue
		case there.Disk == st.Installed && req.ensure != "latest":
			return there.Disk, nil
		case there.Link != "":
			continue
		}
		is, err := unstable(there.Disk)
		if err != nil {
			return "", err
		}
		b := &best[0]
		if is {
			b = &best[1]
		}
		if *b == "" || version.Compare(versiondir.VersionName(*b), there.Name()) < 0 {
			*b = there.Disk
		}
	}
	for _, b := range best {
		if b != "" {
			return b, nil
		}
	}
	return "", req.missingError(st)
}

// missingError says that no such version exists.
func (req request) missingError(st store.State) error {
	var have []string
	for _, v := range st.Versions {
		have = append(have, v.Name())
	}
	where := req.name + " is not there in any version"
	if len(have) > 0 {
		where = "of " + req.name + " it has " + strings.Join(have, ", ")
	}
	return fmt.Errorf("%s %w in %s: %s", req.nameVersion(), resource.ErrMissing, req.location.stow, where)
}

// nameVersion names the wanted package, if possible in the protocol's form NAME/VERSION.
func (req request) nameVersion() string {
	if v, ok := req.exactVersion(); ok {
		return req.name + "/" + v
	}
	return strings.TrimSpace(req.name + " " + req.version)
}
