-- By which a target's quarantine tells the incidents of several ledgers apart.
SELECT ledger_id::text FROM healing.identity
