package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"

	"converge/internal/resource"
)

// callTimeout bounds one query to systemd: as long as its own tools wait. A daemon-reload of a large machine takes
// less.
const callTimeout = 90 * time.Second

const (
	busName     = "org.freedesktop.systemd1"
	managerPath = dbus.ObjectPath("/org/freedesktop/systemd1")
	managerFace = busName + ".Manager"
	unitFace    = busName + ".Unit"
	jobFace     = busName + ".Job"
)

// bus is the connection to systemd. Questions use one bare connection; go-systemd's, which opens two more, is made for
// the first job.
type bus struct {
	conn *dbus.Conn
	jobs *sd.Conn
	lost <-chan struct{} // closed when one of the connections of jobs is closed
}

// dial connects to systemd itself, which needs root and no bus, or else to the system bus.
func dial(ctx context.Context) (*dbus.Conn, error) {
	var first error
	if os.Geteuid() == 0 {
		conn, err := handshake(ctx, func(o dbus.ConnOption) (*dbus.Conn, error) {
			return dbus.Dial("unix:path=/run/systemd/private", o)
		}, false)
		if err == nil {
			return conn, nil
		}
		first = err
	}
	conn, err := handshake(ctx, func(o dbus.ConnOption) (*dbus.Conn, error) {
		return dbus.SystemBusPrivate(o)
	}, true)
	if err != nil {
		return nil, fmt.Errorf("cannot reach systemd: %w", cmp.Or(first, err))
	}
	return conn, nil
}

// handshake opens a connection that outlives ctx, but is abandoned if ctx ends while it is being made.
func handshake(ctx context.Context, open func(dbus.ConnOption) (*dbus.Conn, error), hello bool) (*dbus.Conn, error) {
	ctx, done := context.WithTimeout(ctx, callTimeout)
	defer done()
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	conn, err := open(dbus.WithContext(life))
	if err == nil {
		err = conn.Auth(nil)
	}
	switch {
	case err != nil:
	case hello:
		err = conn.Hello()
	default:
		err = wake(ctx, conn)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if conn != nil {
			_ = conn.Close() // it was never completed
		}
		end()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return conn, nil
}

// wakeAgain is the wait for the answer to a ping before the next ping.
const wakeAgain = 20 * time.Millisecond

// wake makes sure that systemd listens. systemd misses the first message of a direct connection if that comes together
// with the end of the handshake: it has then read it already, waits for more, and only answers when something else
// comes (seen with 252; on a busy machine it is the rule). Two pings exceed what it reads at that point, so the second
// wakes it.
func wake(ctx context.Context, conn *dbus.Conn) error {
	const method = "org.freedesktop.DBus.Peer.Ping"
	o := conn.Object(busName, managerPath)
	answers := make(chan *dbus.Call, 2+int(callTimeout/wakeAgain))
	o.GoWithContext(ctx, method, 0, answers)
	ticker := time.NewTicker(wakeAgain)
	defer ticker.Stop()
	for {
		o.GoWithContext(ctx, method, 0, answers)
		select {
		case c := <-answers:
			return c.Err
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// call makes one call and stores the answer.
func (b *bus) call(ctx context.Context, path dbus.ObjectPath, method string, args []any, out ...any) error {
	ctx, done := context.WithTimeout(ctx, callTimeout)
	defer done()
	c := b.conn.Object(busName, path).CallWithContext(ctx, method, 0, args...)
	if c.Err != nil || len(out) == 0 {
		return c.Err
	}
	return c.Store(out...)
}

func (b *bus) callManager(ctx context.Context, method string, args []any, out ...any) error {
	return b.call(ctx, managerPath, managerFace+"."+method, args, out...)
}

// connectJobs returns go-systemd's connection, which reports the end of jobs.
func (b *bus) connectJobs(ctx context.Context) (*sd.Conn, error) {
	if b.jobs != nil && b.jobs.Connected() {
		return b.jobs, nil
	}
	lost, lose := context.WithCancel(context.Background())
	b.lost = lost.Done()
	c, err := sd.NewConnection(func() (*dbus.Conn, error) {
		conn, err := dial(ctx)
		if err == nil {
			context.AfterFunc(conn.Context(), lose)
		}
		return conn, err
	})
	if err != nil {
		return nil, err
	}
	if err := c.Subscribe(); err != nil {
		c.Close()
		return nil, fmt.Errorf("cannot subscribe to systemd's signals: %w", explainDenied(err))
	}
	b.jobs = c
	return c, nil
}

// props are properties of a unit or of the manager.
type props map[string]dbus.Variant

func (b *bus) readProps(ctx context.Context, path dbus.ObjectPath, face string) (props, error) {
	p := props{}
	err := b.call(ctx, path, "org.freedesktop.DBus.Properties.GetAll", []any{face}, (*map[string]dbus.Variant)(&p))
	return p, err
}

// readUnitProps are all properties of a unit, those of its type included. A missing unit has them, too: LoadState is
// "not-found".
func (b *bus) readUnitProps(ctx context.Context, unit string) (props, error) {
	return b.readProps(ctx, unitPath(unit), "")
}

func (p props) str(name string) string {
	s, _ := p[name].Value().(string)
	return s
}

func (p props) is(name string) bool {
	v, _ := p[name].Value().(bool)
	return v
}

func (p props) strs(name string) []string {
	v, _ := p[name].Value().([]string)
	return v
}

func (p props) num(name string) int64 {
	switch v := p[name].Value().(type) {
	case uint64:
		return int64(v)
	case uint32:
		return int64(v)
	case int32:
		return int64(v)
	case int64:
		return v
	}
	return 0
}

func unitPath(unit string) dbus.ObjectPath {
	return managerPath + "/unit/" + dbus.ObjectPath(sd.PathBusEscape(unit))
}

// isNamed reports whether err is a D-Bus error with one of these names, given without the common prefix.
func isNamed(err error, names ...string) bool {
	var e dbus.Error
	return errors.As(err, &e) && slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(e.Name, "."+n) })
}

// explainDenied adds advice to a D-Bus error about missing permission: it is of no use to root.
func explainDenied(err error) error {
	if isNamed(err, "AccessDenied", "InteractiveAuthorizationRequired") || errors.Is(err, os.ErrPermission) {
		if os.Geteuid() != 0 {
			return resource.Unprivilegedf("%w (root may do it)", err)
		}
	}
	return err
}
