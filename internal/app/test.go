package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/fsys"
	"converge/internal/manifest"
	"converge/internal/plantest"
	"converge/internal/view"
)

// TestOptions are the options of the command test.
type TestOptions struct {
	Update  bool   // golden plans are written anew
	JUnit   string // a file for the results as JUnit's XML; "": none
	JSON    bool
	Run     string // a pattern of the names of tests; "": all
	All     bool   // an untested resource is a failure
	Verbose bool
}

// maxTestFile is the size in bytes of the largest file of tests.
const maxTestFile = 16 << 20

// Test runs the tests in files, and in the files below folders.
func Test(ctx context.Context, env *environ.Env, paths []string, o *TestOptions) error {
	if o.JUnit != "" {
		if err := environ.CheckOutput(o.JUnit); err != nil {
			return fmt.Errorf("cannot write --junit: %w", err)
		}
	}
	names, err := findTests(paths)
	if err != nil {
		return err
	}
	files, err := readTests(env, names)
	if err != nil {
		return err
	}
	chosen, err := chooseTests(files, o.Run)
	if err != nil {
		return err
	}
	r := &testRun{env: env, options: o, covered: map[string]*coverage{}}
	results := r.runAll(ctx, chosen)
	if err := ctx.Err(); err != nil {
		return err
	}
	r.report(results)
	if o.JUnit != "" {
		if err := writeJUnit(o.JUnit, results); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(results, func(t *plantest.Result) bool { return !t.Passed() }) || o.All && len(r.untested()) > 0 {
		return exit.Silently(exit.Incomplete)
	}
	return nil
}

// findTests lists the files of tests at paths, each once, in order.
func findTests(paths []string) (names []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, site.HintNear(fmt.Errorf("cannot find tests: %w", err), path)
		case !info.IsDir() && !strings.HasSuffix(path, plantest.Suffix):
			return nil, exit.With(exit.Failure, fmt.Errorf("%s is no file of tests: the name of one ends in %s", path, plantest.Suffix), "a folder stands for all tests below it")
		case !info.IsDir():
			names = append(names, path)
			continue
		}
		err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && p != path && strings.HasPrefix(d.Name(), "."):
				return filepath.SkipDir
			case d.Type().IsRegular() && strings.HasSuffix(p, plantest.Suffix) && !strings.HasPrefix(d.Name(), "."):
				names = append(names, p)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("cannot find tests: %w", err)
		}
	}
	if len(names) == 0 {
		return nil, exit.With(exit.Failure, fmt.Errorf("there is no test: no file below %s has a name that ends in %s", strings.Join(paths, ", "), plantest.Suffix),
			"docs/testing.md shows how to write one")
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// readTests reads files of tests, and shows their mistakes.
func readTests(env *environ.Env, names []string) (files []*plantest.File, err error) {
	shown := &manifest.Site{Files: map[string]*hcl.File{}}
	var diags hcl.Diagnostics
	for _, name := range names {
		text, err := readBounded(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read tests: %w", err)
		}
		shown.Files[name] = &hcl.File{Bytes: text}
		file, more := plantest.Parse(name, text)
		diags = append(diags, more...)
		if file != nil {
			files = append(files, file)
		}
	}
	return files, site.ShowDiagnostics(env, shown, diags)
}

func readBounded(name string) ([]byte, error) {
	tree, err := fsys.OpenFiles("/")
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	whole, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	return tree.ReadSource(whole, maxTestFile)
}

// chosenTest is a test with its file.
type chosenTest struct {
	*plantest.Test
	file string
}

// chooseTests returns the tests whose names match a pattern, in which a star matches any characters.
func chooseTests(files []*plantest.File, pattern string) (out []chosenTest, err error) {
	match := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
	var known []string
	for _, f := range files {
		for _, t := range f.Tests {
			if known = append(known, t.Name); pattern == "" || match.MatchString(t.Name) {
				out = append(out, chosenTest{t, f.Name})
			}
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case pattern != "" && len(known) > 0:
		return nil, exit.UnknownName("no test matches --run %q", pattern, known)
	}
	return nil, errors.New("there is no test: the files have no test block")
}

// testRun is a run of tests.
type testRun struct {
	env     *environ.Env
	options *TestOptions

	mu      sync.Mutex
	covered map[string]*coverage // by the manifest
}

// coverage is the blocks of a manifest that tests name.
type coverage struct {
	blocks, named map[string]bool
}

// runAll runs tests concurrently, and shows each as soon as those before it are shown.
func (r *testRun) runAll(ctx context.Context, tests []chosenTest) []*plantest.Result {
	done := make([]chan *plantest.Result, len(tests))
	slots := make(chan struct{}, max(runtime.GOMAXPROCS(0), 2))
	for i, t := range tests {
		done[i] = make(chan *plantest.Result, 1)
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			done[i] <- r.runOne(ctx, t)
		}()
	}
	results := make([]*plantest.Result, len(tests))
	for i := range tests {
		results[i] = <-done[i]
		if ctx.Err() == nil {
			r.show(results[i])
		}
	}
	return results
}

// runOne runs a test.
func (r *testRun) runOne(ctx context.Context, t chosenTest) *plantest.Result {
	began := time.Now()
	result := &plantest.Result{File: t.file, Name: t.Name, Line: t.At.Start.Line}
	if ctx.Err() != nil {
		return result
	}
	made := r.planTest(ctx, t)
	result.Failures = append(result.Failures, judgeError(t, made)...)
	result.Failures = append(result.Failures, judgeNode(t, made)...)
	if made.plan != nil {
		result.Failures = append(result.Failures, t.Judge(made.plan)...)
		r.cover(t, made)
		r.compareGolden(t, made.plan.Text, result)
	}
	result.Elapsed = time.Since(began)
	return result
}

// judgeError compares the error of a plan with the expected one.
func judgeError(t chosenTest, made *madePlan) []plantest.Failure {
	place := fmt.Sprintf("%s:%d", t.file, t.At.Start.Line)
	switch {
	case t.ExpectError == "" && made.said == "":
		return nil
	case t.ExpectError == "":
		return []plantest.Failure{{Place: place, Message: "the plan has an error, and the test expects none", Text: made.said}}
	case made.said == "":
		return []plantest.Failure{{Place: place, Message: "the plan has no error, and the test expects one: " + t.ExpectError}}
	case !t.HasError(made.said):
		return []plantest.Failure{{Place: place, Message: "the plan has another error than the one that the test expects: " + t.ExpectError, Text: made.said}}
	}
	return nil
}

// compareGolden compares the text of a plan with that of a file, or writes the file anew.
func (r *testRun) compareGolden(t chosenTest, text string, result *plantest.Result) {
	if t.Golden == "" {
		return
	}
	name := besideTest(t, t.Golden)
	was, err := readBounded(name)
	if r.options.Update {
		if err == nil && string(was) == text {
			return
		}
		err = environ.WriteOutputFile(name, func(host *fsys.FS, whole string) error {
			if err := os.MkdirAll(filepath.Dir(whole), 0o755); err != nil {
				return err
			}
			return host.ReplaceOutput(whole, []byte(text))
		})
		if err == nil {
			err = os.Chmod(name, 0o644) //nolint:gosec // everybody may read files of the repository
		}
		result.Updated = name
	}
	place := fmt.Sprintf("%s:%d", t.file, t.At.Start.Line)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		result.Failures = append(result.Failures, plantest.Failure{Place: place, Message: "there is no golden plan " + name + "; --update writes it", Text: text})
	case err != nil:
		result.Failures = append(result.Failures, plantest.Failure{Place: place, Message: "cannot use the golden plan: " + err.Error()})
	case !r.options.Update:
		if d := plantest.CompareGolden(t.Golden, was, []byte(text)); d != "" {
			result.Failures = append(result.Failures, plantest.Failure{Place: place, Message: "the plan is not the golden one; --update writes that anew", Text: d})
		}
	}
}

// besideTest resolves a path of a test.
func besideTest(t chosenTest, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(t.file), path)
}

// cover notes which blocks of a manifest a test names.
func (r *testRun) cover(t chosenTest, made *madePlan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.covered[made.manifest]
	if c == nil {
		c = &coverage{map[string]bool{}, map[string]bool{}}
		r.covered[made.manifest] = c
	}
	for _, res := range made.plan.Resources {
		c.blocks[res.Block] = true
	}
	for _, block := range t.Named(made.plan) {
		c.named[block] = true
	}
}

// untested lists, for each manifest, the blocks that no test names.
func (r *testRun) untested() (out []view.Untested) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for path, c := range r.covered {
		u := view.Untested{Manifest: path, Of: len(c.blocks)}
		for block := range c.blocks {
			if !c.named[block] {
				u.Blocks = append(u.Blocks, block)
			}
		}
		if slices.Sort(u.Blocks); len(u.Blocks) > 0 {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b view.Untested) int { return strings.Compare(a.Manifest, b.Manifest) })
	return out
}

// show shows the result of a test.
func (r *testRun) show(t *plantest.Result) {
	o := view.TestResult{File: t.File, Line: t.Line, Name: t.Name, Passed: t.Passed(), Elapsed: t.Elapsed, Updated: t.Updated}
	for _, f := range t.Failures {
		o.Failures = append(o.Failures, f.Lines())
	}
	if r.options.JSON {
		view.WriteJSON(r.env.Out, o) //nolint:errcheck // the stream keeps its error
		return
	}
	view.ShowTest(r.env.Out, r.env.IsColored(r.env.Out), o)
}

// report shows how many tests have passed, and which blocks none of them names, unless only some of the tests ran.
func (r *testRun) report(results []*plantest.Result) {
	s := view.TestSummary{Tests: len(results)}
	for _, t := range results {
		if !t.Passed() {
			s.Failed++
		}
	}
	if r.options.Run == "" {
		s.Untested = r.untested()
	}
	if r.options.JSON {
		view.WriteJSON(r.env.Out, s) //nolint:errcheck // the stream keeps its error
		return
	}
	view.SumUpTests(r.env.Out, r.env.IsColored(r.env.Out), s, r.options.Verbose || r.options.All)
}

func writeJUnit(path string, results []*plantest.Result) error {
	text, err := plantest.JUnit(results)
	if err == nil {
		err = environ.WriteOutputFile(path, func(host *fsys.FS, whole string) error { return host.ReplaceOutput(whole, text) })
	}
	if err != nil {
		return fmt.Errorf("cannot write --junit: %w", err)
	}
	return nil
}
