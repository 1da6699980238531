package packagestest

import "strings"

// checkSourceless asks what a plan says of the removal of the only repository, and of one
// that offers nothing.
func checkSourceless(r *run) {
	r.converge(r.want("app"))
	r.reopen()
	names, err := r.p.OnlyFrom(r.Context(), "suite", r.Definition)
	var own []string
	for _, name := range names { // a host may have others of the repository
		if rest, ok := strings.CutPrefix(name, Prefix); ok {
			own = append(own, rest)
		}
	}
	if got := strings.Join(own, " "); err != nil || got != "app lib" {
		r.Errorf("without a source: %q, %v", got, err)
	}
	other := strings.NewReplacer("suite", "other", "/srv", "/mnt").Replace(r.Definition)
	if names, err := r.p.OnlyFrom(r.Context(), "other", other); err != nil || len(names) > 0 {
		r.Errorf("without a source after another repository goes: %v, %v", names, err)
	}
}
