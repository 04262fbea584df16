package status_test

import (
	"testing"

	"notewatch/internal/store/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }
