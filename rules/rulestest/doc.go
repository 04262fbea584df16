// Package rulestest writes random rules for tests.
package rulestest
