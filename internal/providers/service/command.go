package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"converge/internal/process"
)

// maxOutput is how much of a command's output an error shows, in bytes, the
// end of it.
const maxOutput = 2000

// run runs a command without a shell and without input. On failure the error
// holds the end of its output.
func run(ctx context.Context, argv []string, limit time.Duration) (string, error) {
	r, err := process.Run(ctx, process.Command{Argv: argv, Timeout: limit, Grace: time.Second})
	if err == nil && r.OK() {
		return r.Stdout, nil
	}
	if err == nil {
		err = errors.New(r.How())
	}
	return r.Stdout, fmt.Errorf("cannot run %q: %w%s", strings.Join(argv, " "), err, indented(r.Stdout))
}

// indented puts text onto lines of its own below an error.
func indented(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if len(text) > maxOutput {
		text = "…" + strings.ToValidUTF8(text[len(text)-maxOutput:], "")
	}
	return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// messageStopping is systemd's message, with a stop job, when it begins to stop
// a unit (SD_MESSAGE_UNIT_STOPPING in sd-messages.h).
const messageStopping = "de5b426a63be47a7b6ac3eaac82e2f6f"

// wasStopped reports whether systemd was asked to stop the unit since a moment,
// according to the journal.
func wasStopped(ctx context.Context, unit string, since time.Time) bool {
	_, _ = run(ctx, []string{"journalctl", "--sync"}, 10*time.Second)
	out, err := run(ctx, []string{
		"journalctl", "--no-pager", "--quiet", "--output=cat", "--lines=1",
		fmt.Sprintf("--since=@%d.%06d", since.Unix(), since.Nanosecond()/1000),
		"MESSAGE_ID=" + messageStopping, "UNIT=" + unit,
	}, 10*time.Second)
	return err == nil && strings.TrimSpace(out) != ""
}

// tailLines and readLines bound how many different lines of a unit an error
// shows, and of how many lines.
const (
	tailLines = 10
	readLines = 200
)

// journalTail returns the last lines that the unit has written since a
// moment, below an error; empty where journalctl cannot tell.
func journalTail(ctx context.Context, unit string, since time.Time) string {
	// A unit's messages are not in the journal before journald has read them; an
	// old journald that cannot be asked to has read most of them by now.
	_, _ = run(ctx, []string{"journalctl", "--sync"}, 10*time.Second)
	out, err := run(ctx, []string{
		"journalctl", "--unit=" + unit, fmt.Sprintf("--lines=%d", readLines), "--no-pager", "--quiet", "--output=cat",
		fmt.Sprintf("--since=@%d", since.Unix()),
	}, 10*time.Second)
	if err != nil {
		return ""
	}
	if tail := indented(fold(out, tailLines)); tail != "" {
		return "\n  its journal:" + strings.ReplaceAll(tail, "\n", "\n  ")
	}
	return ""
}

// fold returns the last lines of a text, as many as most, each once and with how
// often it came: a unit that is started again and again says the same each time.
func fold(text string, most int) string {
	var lines []string
	times := map[string]int{}
	for line := range strings.Lines(process.Plain(text)) {
		line = strings.TrimRight(line, " \t\n")
		if times[line]++; line != "" && times[line] == 1 {
			lines = append(lines, line)
		}
	}
	lines = lines[max(0, len(lines)-most):]
	for i, line := range lines {
		if n := times[line]; n > 1 {
			lines[i] = fmt.Sprintf("%s (×%d)", line, n)
		}
	}
	return strings.Join(lines, "\n")
}
