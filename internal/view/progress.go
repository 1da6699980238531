package view

import (
	"fmt"
	"time"

	"converge/internal/event"
)

// progress is the work in hand, drawn on the last line of a terminal once it
// lasts, and erased before anything else is printed.
type progress struct {
	what  string // "" : no work in hand
	note  string // the latest word from the work itself
	since time.Time
	drawn string // as it stands on the terminal; "": it does not

	waits  bool   // what is in hand is waiting for somebody else's lock …
	paused string // … before it goes on with this

	quit chan struct{} // closed to stop the drawing goroutine
	done chan struct{} // closed when it has stopped
}

// follow keeps account of the work in hand.
func (h *Human) follow(e event.Event) {
	if !h.opt.Terminal {
		return
	}
	if h.progress.waits && e.Type != event.Waiting { // not any more
		h.begin(h.progress.paused)
		h.progress.waits = false
	}
	switch e.Type {
	case event.RunStarted:
		h.begin("observing " + plural(e.Total, "resource"))
	case event.Started:
		h.begin(workWords(e))
	case event.Waiting:
		if !h.progress.waits {
			h.progress.paused, h.progress.waits = h.progress.what, true
		}
		h.begin(safe(e.Message))
	case event.Progress:
		if e.Verb != "" { // an action begins
			h.begin(safe(e.Resource + " " + e.Verb))
			return
		}
		h.progress.note = safe(e.Message)
	case event.Applied, event.Restored, event.Failed, event.Notified, event.Held, event.PlanFinished:
		h.progress.what = ""
	case event.RunFinished:
		h.progress.what = ""
		h.stop()
	}
}

// workWords names the work that begins.
func workWords(e event.Event) string {
	what := safe(e.Resource)
	if what == "" {
		what = plural(e.Total, "resource")
	}
	switch e.Action {
	case "create":
		return "creating " + what
	case "update":
		return "changing " + what
	case "delete":
		return "removing " + what
	case "run":
		return "running " + what
	}
	return what
}

func (h *Human) begin(what string) {
	h.progress.what, h.progress.note, h.progress.since = what, "", h.opt.Now()
	if h.progress.quit == nil {
		h.progress.quit, h.progress.done = make(chan struct{}), make(chan struct{})
		go h.redraw(h.progress.quit, h.progress.done)
	}
}

// stop ends the drawing goroutine; what it returns is closed when that is done.
func (h *Human) stop() chan struct{} {
	if h.progress.quit == nil {
		return nil
	}
	h.progress.what = "" // a tick may be waiting for the lock
	close(h.progress.quit)
	done := h.progress.done
	h.progress.quit, h.progress.done = nil, nil
	return done
}

func (h *Human) redraw(quit, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
			h.mu.Lock()
			h.draw(h.opt.Now())
			h.mu.Unlock()
		}
	}
}

// draw writes the progress line if the work has lasted long enough.
func (h *Human) draw(now time.Time) {
	p := &h.progress
	lasted := now.Sub(p.since)
	if p.what == "" || lasted < noticeable {
		h.erase()
		return
	}
	s := fmt.Sprintf("… %s  %ds", p.what, int(lasted.Seconds()))
	if p.note != "" {
		s += "  " + p.note
	}
	most := h.opt.Width - 1 // the last cell wraps on some terminals
	if most <= 0 {
		most = 79
	}
	if s = clip(s, most); s == p.drawn {
		return
	}
	h.buf.WriteString("\r\x1b[K" + h.paint(dim, s))
	h.flush()
	p.drawn = s
}

// erase takes the progress line away.
func (h *Human) erase() {
	if h.progress.drawn == "" {
		return
	}
	h.progress.drawn = ""
	if _, err := h.w.Write([]byte("\r\x1b[K")); err != nil && h.err == nil {
		h.err = err
	}
}
