package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"converge/internal/stow/cli"
	"converge/internal/testhost"
)

// TestLikeGNUStow lets GNU Stow and stow2 do the same random things to twins
// of a random tree, and compares all of it after every command. Debian 12 has
// 2.3, so a case ends where 2.4 is known to decide otherwise.
func TestLikeGNUStow(t *testing.T) {
	const gnu = "/usr/bin/stow"
	if _, err := exec.LookPath(gnu); err != nil {
		testhost.Cannot(t, "there is no GNU Stow on this machine to compare with")
	}
	stow := startGNU(t, gnu)
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "twins")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		theirs, ours := filepath.Join(dir, "a"), filepath.Join(dir, "b")
		files, links := genTree(t)
		for _, top := range []string{theirs, ours} {
			if err := build(top, files, links); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 4).Draw(t, "commands") {
			args := genCommand(t)
			before := contents(t, ours)
			a, b := stow.run(t, theirs, args), runOurs(ours, args)
			if a.since24() || b.since24() {
				return
			}
			if got, want := b.class(), a.class(); got != want {
				t.Fatalf("stow %q: exit %d, GNU Stow %d\n%s\nGNU Stow:\n%s", args, got, want, b.err, a.err)
			}
			if got, want := b.conflicts(), a.conflicts(); !slices.Equal(got, want) {
				t.Fatalf("stow %q: conflicts\n%q\nGNU Stow:\n%q", args, got, want)
			}
			got, want := contents(t, ours), contents(t, theirs)
			if a.halfWay() {
				// It changed something and then failed: that we do not copy.
				return
			}
			if got != want {
				t.Fatalf("stow %q of\n%sgives\n%sGNU Stow:\n%s%s", args, before, got, want, a.err)
			}
		}
	})
}

// genTree draws packages p, q and r in stow, and what is in the target.
func genTree(t *rapid.T) (files []string, links map[string]string) {
	name := rapid.SampledFrom([]string{"a", "b", "c", "lib", "x y"})
	path := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(name, 1, 4).Draw(t, "path"), "/")
	})
	pkg := rapid.SampledFrom([]string{"p", "q", "r"})
	links = map[string]string{}
	for _, p := range []string{"p", "q", "r"} {
		files = append(files, "stow/"+p+"/own-"+p)
	}
	for range rapid.IntRange(2, 12).Draw(t, "files") {
		files = append(files, "stow/"+pkg.Draw(t, "package")+"/"+path.Draw(t, "file"))
	}
	for range rapid.IntRange(0, 3).Draw(t, "in the target") {
		at := path.Draw(t, "at")
		up := strings.Repeat("../", strings.Count(at, "/"))
		switch rapid.SampledFrom([]string{"file", "directory", "foreign", "owned", "dead", "inner"}).Draw(t, "what") {
		case "file":
			files = append(files, at)
		case "directory":
			files = append(files, at+"/")
		case "foreign":
			links[at] = up + "elsewhere"
		case "owned":
			links[at] = up + "stow/" + pkg.Draw(t, "owner") + "/" + at
		case "dead":
			links[at] = up + "stow/gone/" + at
		case "inner":
			links["stow/"+pkg.Draw(t, "holder")+"/"+at] = "own-p"
		}
	}
	return files, links
}

// genCommand draws a command line.
func genCommand(t *rapid.T) []string {
	var args []string
	if rapid.IntRange(0, 4).Draw(t, "no-folding") == 0 {
		args = append(args, "--no-folding")
	}
	if rapid.IntRange(0, 9).Draw(t, "simulate") == 0 {
		args = append(args, "-n")
	}
	for range rapid.IntRange(1, 3).Draw(t, "words") {
		args = append(args, rapid.SampledFrom([]string{"-S", "-S", "-D", "-R"}).Draw(t, "action"),
			rapid.SampledFrom([]string{"p", "q", "r"}).Draw(t, "word"))
	}
	return args
}

// build makes a tree. What does not fit with what is there already is left out,
// in both twins alike.
func build(top string, files []string, links map[string]string) error {
	if err := os.MkdirAll(filepath.Join(top, "elsewhere"), 0o755); err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(top, f)
		if strings.HasSuffix(f, "/") {
			os.MkdirAll(path, 0o755)
		} else if os.MkdirAll(filepath.Dir(path), 0o755) == nil {
			os.WriteFile(path, []byte(f), 0o644)
		}
	}
	var at []string
	for p := range links {
		at = append(at, p)
	}
	slices.Sort(at)
	for _, p := range at {
		path := filepath.Join(top, p)
		if os.MkdirAll(filepath.Dir(path), 0o755) == nil {
			os.Symlink(links[p], path)
		}
	}
	return nil
}

// contents is everything below a directory, in words.
func contents(t *rapid.T, top string) string {
	var b strings.Builder
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(top, path)
		switch {
		case d.Type() == fs.ModeSymlink:
			text, err := os.Readlink(path)
			fmt.Fprintf(&b, "\t%s -> %s\n", rel, text)
			return err
		case d.IsDir():
			fmt.Fprintf(&b, "\t%s/\n", rel)
			return nil
		}
		body, err := os.ReadFile(path)
		fmt.Fprintf(&b, "\t%s = %s\n", rel, body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type outcome struct {
	exit int
	err  string
}

// gnuStow is GNU Stow, loaded once: to load it takes ten times as long as what a
// command does.
type gnuStow struct {
	in  io.Writer
	out *bufio.Scanner
}

// serveGNU loads the program, whose main is not called by that, and calls it in a
// process of its own for each line: directory, HOME, file of errors, arguments. It
// prints how each has ended.
const serveGNU = `
	$0 = my $program = shift;
	defined(do $program) or die $@ || $!;
	$| = 1;
	while (my $line = <STDIN>) {
		chomp $line;
		my ($dir, $home, $errors, @args) = split /\0/, $line;
		my $child = fork // die $!;
		if (!$child) {
			chdir $dir or die $!;
			$ENV{HOME} = $home;
			open STDIN, '<', '/dev/null' or die $!;
			open STDERR, '>', $errors or die $!;
			@ARGV = @args;
			main();
			exit 0;
		}
		waitpid $child, 0;
		print $? & 127 ? -1 : $? >> 8, "\n";
	}
`

func startGNU(t *testing.T, program string) *gnuStow {
	t.Helper()
	cmd := exec.Command("perl", "-e", serveGNU, program) //nolint:gosec // it is GNU Stow
	cmd.Env, cmd.Stderr = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &gnuStow{in, bufio.NewScanner(out)}
}

func (s *gnuStow) run(t *rapid.T, top string, args []string) outcome {
	errors := top + ".errors"
	line := append([]string{filepath.Join(top, "stow"), top, errors}, args...)
	if _, err := fmt.Fprintln(s.in, strings.Join(line, "\x00")); err != nil {
		t.Fatal(err)
	}
	if !s.out.Scan() {
		t.Fatalf("GNU Stow has ended: %v", s.out.Err())
	}
	exit, err := strconv.Atoi(s.out.Text())
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile(errors)
	if err != nil {
		t.Fatal(err)
	}
	return outcome{exit, string(said)}
}

func runOurs(top string, args []string) outcome {
	var stderr bytes.Buffer
	exit := cli.Main(context.Background(), cli.Env{
		Name: "stow2", Args: args, Version: "under-test", Dir: filepath.Join(top, "stow"),
		Lookup: func(name string) (string, bool) { return map[string]string{"HOME": top}[name], name == "HOME" },
		Stdin:  strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &stderr,
	})
	return outcome{exit, stderr.String()}
}

// class is what an exit code means: 0, 1, or a fatal error.
func (o outcome) class() int { return min(o.exit&0xff, 2) }

// since24 reports whether 2.3 and 2.4 part here.
func (o outcome) since24() bool {
	for _, words := range []string{
		"called with non-directory path", "INTERNAL ERROR", "WARNING! unstowing", "BUG in find_stowed_path",
		"source is an absolute symlink", "cannot stow non-directory",
	} {
		if strings.Contains(o.err, words) {
			return true
		}
	}
	return false
}

// halfWay reports whether GNU Stow failed between its operations.
func (o outcome) halfWay() bool { return o.exit > 1 && strings.Contains(o.err, "Could not ") }

// conflicts are the conflicts told, without the words that 2.4 put otherwise.
func (o outcome) conflicts() []string {
	var out []string
	for line := range strings.Lines(o.err) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "WARNING! ") {
			out = append(out, line)
		}
		if text, ok := strings.CutPrefix(line, "* "); ok {
			text = strings.TrimPrefix(text, "existing target is neither a link nor a directory: ")
			if at, ok := strings.CutPrefix(text, "cannot stow "); ok {
				_, text, _ = strings.Cut(at, " over existing target ")
				text, _, _ = strings.Cut(text, " since ")
			}
			text, _, _ = strings.Cut(text, " => ")
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}
