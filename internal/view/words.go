package view

// The rules for what a person reads:
//
//   - A line states what is, in the words of the manifest: addresses as they
//     would be written there, attributes by name, values quoted as HCL does.
//   - The symbol comes first: + create, ~ change, - remove, > run, * notified,
//     ! went wrong, = as declared (with -v only). Colour repeats the symbol's
//     meaning and never adds to it.
//   - A resource that needs nothing has no line. A run that had nothing to do is
//     one line.
//   - Sentences start with a capital and end with a full stop; fragments do
//     neither. There is no address, thanks, apology or exclamation.
//   - An error is shown whole, once, under the address it belongs to, with its
//     consequence for the rest of the run.
//   - Numbers have units. A person who must act is shown the command.

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"converge/internal/event"
)

// plural is "1 resource", "2 resources", "12,345 resources".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size is a number of bytes: "14 bytes", "4.2 KiB".
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

// elapsed is a duration as precise as a person cares: "0.4s", "12s", "2m05s".
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

// some names the first few of many: "a, b, c and 4 more".
func some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// tally joins the counts that are not zero: "3 created, 1 changed".
func tally(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

// counted is "3 created", or nothing for none.
func counted(n int, word string) string {
	if n == 0 {
		return ""
	}
	return thousands(n) + " " + word
}

// planSentence sums up a plan in one line.
func planSentence(c event.Counts) string {
	parts := []string{
		thousands(c.Create) + " to create", thousands(c.Update) + " to change", thousands(c.Delete) + " to remove",
		counted(c.Run, "to run"), counted(c.Removes, "to purge"),
	}
	if c.Also > 0 {
		parts = append(parts, thousands(c.Also)+" more by the package manager")
	}
	if c.Notified > 0 {
		parts = append(parts, plural(c.Notified, "notification"))
	}
	if c.Dropped > 0 {
		parts = append(parts, thousands(c.Dropped)+" to drop")
	}
	if c.Held > 0 {
		parts = append(parts, thousands(c.Held)+" held")
	}
	if c.Failed > 0 {
		parts = append(parts, thousands(c.Failed)+" failed")
	}
	if c.Skipped > 0 {
		parts = append(parts, thousands(c.Skipped)+" skipped")
	}
	if c.Tolerated > 0 {
		parts = append(parts, thousands(c.Tolerated)+" failed and tolerated")
	}
	return "Plan: " + tally(parts...) + "."
}

// doneSentence sums up what a run did; empty if it did nothing.
func doneSentence(c event.Counts) string {
	did := tally(
		counted(c.Create, "created"), counted(c.Update, "changed"), counted(c.Delete, "removed"), counted(c.Removes, "purged"),
		counted(c.Run, "run"), counted(c.Notified, "notified"), counted(c.Restored, "put right again"),
		counted(c.Dropped, "dropped"),
	)
	if did == "" {
		return ""
	}
	return "Applied: " + did
}

// leftSentence tells what a run did not get done; empty if nothing is left.
func leftSentence(c event.Counts) string {
	left := tally(counted(c.Failed, "failed"), counted(c.Skipped, "skipped"), counted(c.Held, "held"), counted(c.Tolerated, "failed and tolerated"))
	if left == "" {
		return ""
	}
	return "Not done: " + left + "."
}

func nothingSentence(c event.Counts) string {
	right, left := c.Resources-c.Left, ""
	switch {
	case c.Left == 1:
		left = ", 1 is left as it is"
	case c.Left > 1:
		left = ", " + thousands(c.Left) + " are left as they are"
	}
	if right == 1 {
		return "Nothing to do: 1 resource is as declared" + left + "."
	}
	return "Nothing to do: " + plural(right, "resource") + " are as declared" + left + "."
}

// whenWords tells when a notification goes out.
func whenWords(when string) string {
	switch when {
	case "immediately":
		return "right after the change"
	case "before":
		return "right before the change"
	}
	return "at the end of the run"
}
