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

// TestLikeGNUStow runs the same random commands with GNU Stow and stow2 on copies of a random tree, and compares the
// trees after every command. Debian 12 has 2.3, so a case ends where 2.4 is known to decide differently.
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
				// GNU Stow changed something and then failed: stow2 does not copy that.
				return
			}
			if got != want {
				t.Fatalf("stow %q of\n%sgives\n%sGNU Stow:\n%s%s", args, before, got, want, a.err)
			}
		}
	})
}

// genTree draws packages p, q and r in stow, and the content of the target.
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

// build makes a tree. It skips entries that conflict with existing ones, equally in both copies.
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

// contents describes everything below a directory.
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

// gnuStow is GNU Stow, loaded once: loading takes ten times as long as running a command.
type gnuStow struct {
	in  io.Writer
	out *bufio.Scanner
}

// serveGNU loads the program without running its main, and calls main in a new process for each line: directory, HOME,
// file for errors, arguments. It prints how each call has ended.
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

// class returns the meaning of an exit code: 0, 1, or a fatal error.
func (o outcome) class() int { return min(o.exit&0xff, 2) }

// since24 reports whether 2.3 and 2.4 differ here.
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

// conflicts returns the reported conflicts, without the parts that 2.4 words differently.
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
