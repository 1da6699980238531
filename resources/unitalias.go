package resources

import (
	"path"
	"strings"
)

// unitAlias returns the names by which a link in a folder of unit files makes
// unit an alias of another unit: the link leads to a file of another name, and of
// the same type, in such a folder too. A file elsewhere makes a unit of its own.
func unitAlias(unit, target string) map[string]string {
	to := path.Base(target)
	dir := path.Dir(target)
	if target == "" || unit == to || path.Ext(unit) != path.Ext(to) || dir != "." && !strings.HasSuffix(dir, "/systemd/system") {
		return nil
	}
	return map[string]string{"unit:" + unit: "unit:" + to, "gone unit:" + unit: "gone unit:" + to, "service:" + unit: "service:" + to}
}
