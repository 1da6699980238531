package cli

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"converge/internal/stow/farm"
	"converge/internal/stow/ignore"
	"converge/internal/stow/store"
)

// explainer explains why paths are as they are.
type explainer struct {
	*inquiry
	gnu   *farm.GNU
	lists *ignore.Lists
	all   []store.State
}

// explainPaths explains which package owns each path, and by which rule.
func (q *inquiry) explainPaths(ctx context.Context) error {
	if len(q.cmd.Unstow) > 0 || len(q.cmd.Stow) == 0 {
		return &usageError{"--why takes paths"}
	}
	all, err := q.st.Packages(ctx)
	if err != nil {
		return err
	}
	home, _ := q.Lookup("HOME")
	lists := ignore.New(ignore.Host(ctx, q.at.target), home, q.cmd.Ignore)
	x := &explainer{inquiry: q, gnu: farm.NewGNU(q.at.path, q.disk), lists: lists, all: all}
	for _, word := range q.cmd.Stow {
		lines, err := x.explainPath(ctx, word)
		if err != nil {
			return err
		}
		for i, line := range lines {
			if i == 0 {
				line = quoteControls(word) + ": " + line
			} else {
				line = "  " + line
			}
			fmt.Fprintln(q.Stdout, line)
		}
	}
	return q.findInterrupted(ctx, nil)
}

// explainPath determines whether a path is in a package or in the target.
func (x *explainer) explainPath(ctx context.Context, word string) ([]string, error) {
	abs := filepath.Clean(x.absPath(word))
	for range 2 {
		if rest, ok := strings.CutPrefix(abs, x.at.stow+"/"); ok {
			return x.inPackage(ctx, rest)
		}
		if rest, ok := strings.CutPrefix(abs, strings.TrimSuffix(x.at.target, "/")+"/"); ok && abs != x.at.stow {
			return x.inTarget(ctx, rest)
		}
		// Its text is in neither, but its directory may be after its links are resolved.
		dir, err := x.canonicalDir(filepath.Dir(abs))
		if err != nil {
			break
		}
		abs = filepath.Join(dir, filepath.Base(abs))
	}
	switch abs {
	case x.at.stow:
		return []string{"the stow directory: packages are never stowed into it"}, nil
	case x.at.target:
		return []string{"the target"}, nil
	}
	return []string{fmt.Sprintf("neither in the target %s nor in the stow directory %s", x.at.target, x.at.stow)}, nil
}

// inTarget describes the entry at a path of the target, and names the other
// packages with an entry there.
func (x *explainer) inTarget(ctx context.Context, rel string) ([]string, error) {
	line, owner, err := x.describeFound(rel)
	if err != nil {
		return nil, err
	}
	lines := []string{line}
	for _, st := range x.all {
		for _, arg := range argsOf(st) {
			if arg.String() == owner {
				continue
			}
			more, err := x.explainClaim(ctx, st, arg, rel)
			if err != nil {
				return nil, err
			}
			lines = append(lines, more...)
		}
	}
	if len(lines) == 1 && owner == "" {
		lines[0] += ", and no package has it"
	}
	return lines, nil
}

// argsOf returns the package as an argument, or all its parts.
func argsOf(st store.State) (args []store.Arg) {
	if !st.Protocol {
		return []store.Arg{{Package: st.Package}}
	}
	for _, v := range st.Versions {
		args = append(args, store.Arg{Package: st.Package, Part: v.Disk})
	}
	if st.Config {
		args = append(args, store.Arg{Package: st.Package, Part: store.Config})
	}
	return args
}

// describeFound describes the entry at a path, and the package that owns it.
func (x *explainer) describeFound(rel string) (line, owner string, err error) {
	for i := 0; i <= len(rel); i++ {
		if i < len(rel) && rel[i] != '/' {
			continue
		}
		at := rel[:i]
		t, text, err := x.disk.Look(at)
		switch {
		case err != nil:
			return "", "", err
		case t == farm.Symlink:
			return x.explainLink(rel, at, text)
		case t == farm.None:
			return "nothing is there", "", nil
		case t == farm.File:
			return "a file that belongs to no package", "", nil
		}
		if by, err := x.findClosed(at); by != "" || err != nil {
			return by, "", err
		}
	}
	return "a directory, which belongs to no package", "", nil
}

// findClosed explains why nothing is stowed into a directory.
func (x *explainer) findClosed(dir string) (string, error) {
	for _, m := range []struct{ file, means string }{
		{".stow", "another stow directory"}, {".nonstow", "protected"},
	} {
		t, err := x.disk.Leads(path.Join(dir, m.file))
		if err != nil {
			return "", err
		}
		if t != farm.None {
			return fmt.Sprintf("nothing is stowed there: %s is %s, as the file %s in it says", quoteControls(dir), m.means, m.file), nil
		}
	}
	return "", nil
}

// explainLink explains a path that is a link, or below one.
func (x *explainer) explainLink(rel, at, text string) (line, owner string, err error) {
	if owner, err = x.findOwner(at, text); err != nil {
		return "", "", err
	}
	leads, err := x.disk.Leads(at)
	if err != nil {
		return "", "", err
	}
	link := "-> " + quoteControls(text)
	switch {
	case leads == farm.None && owner != "":
		line = fmt.Sprintf("a link of %s that leads nowhere, %s: restowing or --prune removes it", owner, link)
	case owner == "" && path.IsAbs(text):
		line = fmt.Sprintf("a foreign link, %s: absolute ones belong to packages with --absolute only", link)
	case owner == "":
		line = fmt.Sprintf("a foreign link, %s: it leads into no stow directory", link)
	case leads == farm.Dir:
		line = fmt.Sprintf("owned by %s: a folded directory, %s", owner, link)
	default:
		line = fmt.Sprintf("owned by %s: %s", owner, link)
	}
	if at != rel {
		line = fmt.Sprintf("seen through %s, %s", quoteControls(at), line)
	}
	return line, owner, nil
}

// findOwner returns the package, or part of one, that a link belongs to by its text.
func (x *explainer) findOwner(at, text string) (string, error) {
	if path.IsAbs(text) && !x.cmd.Absolute {
		return "", nil
	}
	dest := x.resolveText(at, text)
	img, owned, err := x.gnu.Owner(dest)
	if err != nil || !owned {
		return "", err
	}
	if img.Stow != x.at.path {
		return path.Join(img.Stow, img.Package), nil
	}
	for _, st := range x.all {
		if st.Package == img.Package && st.Protocol {
			part, _, _ := strings.Cut(strings.TrimPrefix(dest, path.Join(img.Stow, img.Package)+"/"), "/")
			return img.Package + "/" + part, nil
		}
	}
	return img.Package, nil
}
