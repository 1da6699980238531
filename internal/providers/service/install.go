package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"converge/resources"
)

// install is the [Install] section of a unit file: the effects of enabling it.
type install struct {
	wantedBy, requiredBy, upheldBy []string
	alias, also                    []string
	defaultInstance                string
}

// makesLinks reports whether enabling would make a link.
func (in install) makesLinks() bool {
	return len(in.wantedBy)+len(in.requiredBy)+len(in.upheldBy)+len(in.alias) > 0
}

// templatesOnly reports whether enabling only makes links in templates, which need no instance.
func (in install) templatesOnly() bool {
	for _, by := range [][]string{in.wantedBy, in.requiredBy, in.upheldBy} {
		for _, u := range by {
			if !strings.Contains(u, "@.") {
				return false
			}
		}
	}
	return true
}

// parseInstall reads the section by the rules of systemd.unit(5): lists accumulate, an empty assignment clears earlier
// ones.
func parseInstall(text []byte) (install, error) {
	var in install
	opts, err := resources.ReadUnitOptions(text)
	if err != nil {
		return install{}, fmt.Errorf("cannot read the unit file: %w", err)
	}
	for _, o := range opts {
		if o.Section != "Install" {
			continue
		}
		var list *[]string
		switch o.Name {
		case "WantedBy":
			list = &in.wantedBy
		case "RequiredBy":
			list = &in.requiredBy
		case "UpheldBy":
			list = &in.upheldBy
		case "Alias":
			list = &in.alias
		case "Also":
			list = &in.also
		case "DefaultInstance":
			in.defaultInstance = strings.TrimSpace(o.Value)
			continue
		default:
			continue
		}
		words := strings.Fields(strings.ReplaceAll(o.Value, "\\\n", " ")) // a continued line
		if len(words) == 0 {
			*list = nil
		}
		*list = append(*list, words...)
	}
	return in, nil
}

// maxUnitFile bounds the bytes read of a unit file.
const maxUnitFile = 1 << 20

func readInstallFile(path string) (install, error) {
	if path == "" {
		return install{}, nil
	}
	fi, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return install{}, nil
		}
		return install{}, err
	}
	if !fi.Mode().IsRegular() || fi.Size() > maxUnitFile {
		return install{}, fmt.Errorf("%s is no unit file", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return install{}, err
	}
	return parseInstall(b)
}

// isHooked reports whether a generator has made another unit want this one.
func isHooked(name string) bool {
	for _, dir := range [...]string{"generator.early", "generator", "generator.late"} {
		for _, how := range [...]string{"wants", "requires", "upholds"} {
			found, err := filepath.Glob("/run/systemd/" + dir + "/*." + how)
			if err != nil {
				continue // the pattern is always valid
			}
			for _, d := range found {
				if _, err := os.Lstat(filepath.Join(d, name)); err == nil {
					return true
				}
			}
		}
	}
	return false
}
