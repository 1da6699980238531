package view

// The rules for what a person reads:
//
//   - A line states facts in the words of the manifest: addresses as they
//     would be written there, attributes by name, values quoted as HCL does.
//   - The symbol comes first: + create, ~ change, - remove, > run, * notified,
//     ! went wrong, ? asked, = as declared (with -v only). Colour repeats the symbol's
//     meaning and never adds to it.
//   - A resource that needs nothing has no line. A run that had nothing to do is
//     one line.
//   - Sentences start with a capital and end with a full stop; fragments do
//     neither. There is no address, thanks, apology or exclamation.
//   - An error is shown whole, once, under the address it belongs to, with its
//     consequence for the rest of the run.
//   - Numbers have units. If a person must act, the command is shown.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"converge/internal/event"
)

// plural returns "1 resource", "2 resources", "12,345 resources".
func plural(n int, noun string) string { return agree(n, "1 "+noun, noun+"s") }

// pluralKind is plural for the name of a kind: "2 directories", "2 sudoers".
func pluralKind(n int, kind string) string {
	many := kind + "s"
	switch {
	case strings.HasSuffix(kind, "s"):
		many = kind
	case strings.HasSuffix(kind, "y") && !strings.HasSuffix(kind, "ey"):
		many = strings.TrimSuffix(kind, "y") + "ies"
	}
	return agree(n, "1 "+kind, many)
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes a number of bytes: "14 bytes", "4.2 KiB".
func size(n int64) string {
	switch {
	case n < 0:
		return "size unknown"
	case n < 1<<10:
		return plural(int(n), "byte")
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// moment writes a time for people, in UTC like the ids of runs, for a column of its own.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// Stamp writes a time for people, with its zone.
func Stamp(t time.Time) string { return moment(t) + " UTC" }

// elapsed writes a duration with the precision that people need: "0.4s", "12s", "2m05s".
func elapsed(d time.Duration) string {
	switch {
	case d < 0:
		return "0.0s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
}

// some lists the first few of many names: "a, b, c and 4 more".
func some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// tally joins the counts that are not zero: "3 created, 1 changed".
func tally(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// counted returns "3 created", or nothing for 0.
func counted(n int, word string) string {
	if n == 0 {
		return ""
	}
	return thousands(n) + " " + word
}

// planSentence sums up a plan in one line.
func planSentence(c event.Counts) string {
	notifications := ""
	if c.Notified > 0 {
		notifications = plural(c.Notified, "notification")
	}
	return "Plan: " + tally(
		thousands(c.Create)+" to create", thousands(c.Update)+" to change", thousands(c.Delete)+" to remove",
		counted(c.Run, "to run"), counted(c.Checked, "to check"), counted(c.Removes, "to purge"), counted(c.Also, "more by the package manager"),
		counted(c.Audited, "only audited"), counted(c.Unobserved, "not to be compared"), notifications, counted(c.Dropped, "to drop"), counted(c.Held, "held"), counted(c.Failed, "failed"),
		counted(c.Skipped, "skipped"), counted(c.Tolerated, "failed and tolerated"),
	) + "."
}

// doneSentence sums up what a run did; empty if it did nothing.
func doneSentence(c event.Counts) string {
	did := tally(
		counted(c.Create, "created"), counted(c.Update, "changed"), counted(c.Delete, "removed"), counted(c.Removes, "purged"),
		counted(c.Run, "run"), counted(c.Notified, "notified"), counted(c.Restored, "put right again"),
		counted(c.Dropped, "dropped"), counted(c.Checked, "checked"),
	)
	if did == "" {
		return ""
	}
	return "Applied: " + did
}

// leftSentence describes what a run did not complete; empty if it completed everything.
func leftSentence(c event.Counts) string {
	left := tally(counted(c.Failed, "failed"), counted(c.Skipped, "skipped"), counted(c.Held, "held"), counted(c.Tolerated, "failed and tolerated"))
	if left == "" {
		return ""
	}
	return "Not done: " + left + "."
}

func nothingSentence(c event.Counts) string {
	text := "Nothing to do: " + agree(c.Resources-c.Left-c.Audited-c.Unobserved, "1 resource is", "resources are") + " as declared"
	if c.Left > 0 {
		text += ", " + agree(c.Left, "1 is left as it is", "are left as they are")
	}
	if c.Audited > 0 {
		text += ", " + agree(c.Audited, "1 differs and is only audited", "differ and are only audited")
	}
	if c.Unobserved > 0 {
		text += ", " + agree(c.Unobserved, "1 cannot be compared", "cannot be compared")
	}
	return text + "."
}

// agree returns the singular, or the plural with its number.
func agree(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return thousands(n) + " " + several
}

// whenWords describes when a notification is delivered.
func whenWords(when string) string {
	switch when {
	case "immediately":
		return "right after the change"
	case "before":
		return "right before the change"
	}
	return "at the end of the run"
}
