package view

import (
	"fmt"
	"sync"
	"time"

	"converge/internal/event"
)

// progress shows the work in progress on the last line of a terminal when it takes long, and is erased before anything
// else is printed.
type progress struct {
	mu  *sync.Mutex // held by every caller, and while the line is redrawn
	out *output
	*screen

	what  string // "" : no work in hand
	note  string // the latest message of the work itself
	since time.Time
	drawn string // the line on the terminal; "": none

	told time.Duration // how long the work had lasted at the last line, without a terminal

	waits  bool   // the work waits for another process's lock …
	paused string // … and then continues with this

	quit chan struct{} // closed to stop the drawing goroutine
	done chan struct{} // closed when it has stopped
}

// follow tracks the work in progress.
func (p *progress) follow(e event.Event) {
	if p.waits && e.Type != event.Waiting { // it no longer waits
		p.begin(p.paused)
		p.waits = false
	}
	switch e.Type {
	case event.RunStarted:
		p.begin("observing " + plural(e.Total, "resource"))
	case event.Started:
		p.begin(workWords(e))
	case event.Waiting:
		if !p.waits {
			p.paused, p.waits = p.what, true
		}
		p.begin(safe(e.Message))
	case event.Progress:
		if e.Verb != "" { // an action begins
			p.begin(safe(e.Resource + " " + e.Verb))
			return
		}
		p.note = safe(e.Message)
	case event.Applied, event.Restored, event.Failed, event.Notified, event.Held, event.Ending, event.PlanFinished:
		p.what = ""
	case event.RunFinished:
		p.what = ""
		p.stop()
	}
}

// workWords describes work that begins.
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

func (p *progress) begin(what string) {
	p.what, p.note, p.since, p.told = what, "", p.opt.Now(), 0
	if p.quit == nil {
		p.quit, p.done = make(chan struct{}), make(chan struct{})
		go p.redrawLoop(p.quit, p.done)
	}
}

// stop stops the drawing goroutine, and returns a channel that is closed when it has ended.
func (p *progress) stop() chan struct{} {
	if p.quit == nil {
		return nil
	}
	p.what = "" // a tick may be waiting for the lock
	close(p.quit)
	done := p.done
	p.quit, p.done = nil, nil
	return done
}

func (p *progress) redrawLoop(quit, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
			p.mu.Lock()
			p.draw(p.opt.Now())
			p.mu.Unlock()
		}
	}
}

// draw writes the progress line if the work has taken long enough.
func (p *progress) draw(now time.Time) {
	lasted := now.Sub(p.since)
	if !p.opt.Terminal {
		p.tell(lasted)
		return
	}
	if p.what == "" || lasted < noticeable {
		p.erase()
		return
	}
	s := fmt.Sprintf("… %s  %ds", p.what, int(lasted.Seconds()))
	if p.note != "" {
		s += "  " + p.note
	}
	most := p.opt.Width - 1 // the last cell wraps on some terminals
	if most <= 0 {
		most = 79
	}
	if s = clip(s, most); s == p.drawn {
		return
	}
	p.out.write([]byte("\r\x1b[K" + p.paint(dim, s)))
	p.drawn = s
}

// patience is the interval of the lines about long work in a log.
const patience = 15 * time.Second

// tell writes a line about long work to an output where no line can be redrawn.
func (p *progress) tell(lasted time.Duration) {
	if p.what == "" || lasted < p.told+patience {
		return
	}
	p.told = lasted.Truncate(patience)
	s := fmt.Sprintf("… %s  %ds", p.what, int(lasted.Seconds()))
	if p.note != "" {
		s += "  " + p.note
	}
	p.out.write([]byte(s + "\n"))
}

// erase erases the progress line.
func (p *progress) erase() {
	if p.drawn == "" {
		return
	}
	p.drawn = ""
	p.out.write([]byte("\r\x1b[K"))
}
