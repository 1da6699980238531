package pkgrepo

import (
	"fmt"
	"strings"
)

// pkgInfo is a .PKGINFO of pacman or apk: lines of NAME = VALUE, in which names may repeat.
type pkgInfo map[string][]string

func parsePkgInfo(text string) (pkgInfo, error) {
	info := pkgInfo{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' || line[0] == ' ' { // nfpm continues a description like that
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("its .PKGINFO has the line %.60q", line)
		}
		name = strings.TrimSpace(name)
		info[name] = append(info[name], strings.TrimSpace(value))
	}
	return info, nil
}

// one returns the value of a name, "" if it has none.
func (i pkgInfo) one(name string) string {
	if all := i[name]; len(all) > 0 {
		return all[0]
	}
	return ""
}
