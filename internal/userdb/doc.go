// ErrUnknown means that there is no such user or group. It is wrapped.
package userdb
