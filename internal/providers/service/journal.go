package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"converge/internal/process"
)

// addJournal appends the unit's own messages to an error.
func addJournal(ctx context.Context, err error, unit string, since time.Time) error {
	tail := readJournalTail(ctx, unit, since)
	if tail == "" {
		return err
	}
	return fmt.Errorf("%w%s", err, tail)
}

// messageStopping is the id of systemd's message when a stop job begins to stop a unit (SD_MESSAGE_UNIT_STOPPING in
// sd-messages.h).
const messageStopping = "de5b426a63be47a7b6ac3eaac82e2f6f"

// wasStopped reports whether, according to the journal, a stop of the unit was requested since a moment.
func wasStopped(ctx context.Context, unit string, since time.Time) bool {
	syncJournal(ctx)
	out, err := readJournal(ctx, "--output=cat", "--lines=1",
		fmt.Sprintf("--since=@%d.%06d", since.Unix(), since.Nanosecond()/1000), "MESSAGE_ID="+messageStopping, "UNIT="+unit)
	return err == nil && strings.TrimSpace(out) != ""
}

// syncJournal makes journald read all messages. An old one without this request has read most of them by now.
func syncJournal(ctx context.Context) {
	_, _ = runCommand(ctx, []string{"journalctl", "--sync"}, 10*time.Second)
}

func readJournal(ctx context.Context, args ...string) (string, error) {
	return runCommand(ctx, append([]string{"journalctl", "--no-pager", "--quiet"}, args...), 10*time.Second)
}

// tailLines and readLines bound the number of different lines of a unit that an error shows, and the number of lines
// that are read.
const (
	tailLines = 10
	readLines = 200
)

// readJournalTail returns the last lines that the unit has written since a moment, below an error; empty if journalctl
// does not know.
func readJournalTail(ctx context.Context, unit string, since time.Time) string {
	syncJournal(ctx)
	out, err := readJournal(ctx, "--unit="+unit, fmt.Sprintf("--lines=%d", readLines), "--output=cat", fmt.Sprintf("--since=@%d", since.Unix()))
	if err != nil {
		return ""
	}
	if tail := indent(foldLines(out, tailLines)); tail != "" {
		return "\n  its journal:" + strings.ReplaceAll(tail, "\n", "\n  ")
	}
	return ""
}

// foldLines returns the last lines of a text, as many as most, each once with its number: a unit that is restarted
// repeatedly writes the same each time.
func foldLines(text string, most int) string {
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

// startedMessage is the id of the journal's message about a successful start of a unit (SD_MESSAGE_UNIT_STARTED of
// sd-messages.h).
const startedMessage = "39f53479d3a045ac8e11786248231fbf"

// findLastStart returns when a unit was last started in this boot, by the journal: systemd forgets a oneshot that has
// ended and that nothing refers to. 0: it was not, or the journal does not know.
func findLastStart(ctx context.Context, unit string) time.Duration {
	out, err := readJournal(ctx, "--boot", "--lines=1", "--output=json", "MESSAGE_ID="+startedMessage, "UNIT="+unit, "JOB_RESULT=done", "_PID=1")
	if err != nil {
		return 0
	}
	var line struct {
		Mono string `json:"__MONOTONIC_TIMESTAMP"`
	}
	if json.Unmarshal([]byte(strings.TrimSpace(out)), &line) != nil {
		return 0
	}
	us, err := strconv.ParseInt(line.Mono, 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(us) * time.Microsecond
}

// maxOutput is how much of a command's output an error shows, in bytes, from the end.
const maxOutput = 2000

// runCommand runs a command without a shell and without input. On failure the error contains the end of its output.
func runCommand(ctx context.Context, argv []string, limit time.Duration) (string, error) {
	r, err := process.Run(ctx, process.Command{Argv: argv, Timeout: limit, Grace: time.Second})
	if err == nil && r.OK() {
		return r.Stdout, nil
	}
	if err == nil {
		err = errors.New(r.How())
	}
	return r.Stdout, fmt.Errorf("cannot run %q: %w%s", strings.Join(argv, " "), err, indent(r.Stdout))
}

// indent puts text on indented lines of its own below an error.
func indent(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if len(text) > maxOutput {
		text = "…" + strings.ToValidUTF8(text[len(text)-maxOutput:], "")
	}
	return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}
