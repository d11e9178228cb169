//! Pure: the checks on numbers: sums, receipt numbers, versions, caps. Static SQL, run by `verify`.

use super::verify::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "sums",
        message: "the totals of an accepted form are not the sums of its slots",
        count: "SELECT COUNT(*) FROM current_ruling WHERE outcome IN ('accepted', 'accepted_with_warnings')",
        offending: "SELECT 'receipt:' || COALESCE(s.receipt, s.id), NULL
                    FROM current_ruling r JOIN submission s ON s.id = r.submission_id
                    WHERE r.outcome IN ('accepted', 'accepted_with_warnings')
                      AND (r.first_public, r.first_private, r.second_public, r.second_private) IS NOT
                          (SELECT COALESCE(SUM(CASE dose WHEN 1 THEN public ELSE 0 END), 0),
                                  COALESCE(SUM(CASE dose WHEN 1 THEN private ELSE 0 END), 0),
                                  COALESCE(SUM(CASE dose WHEN 2 THEN public ELSE 0 END), 0),
                                  COALESCE(SUM(CASE dose WHEN 2 THEN private ELSE 0 END), 0)
                           FROM slot WHERE reading_id = r.reading_id) LIMIT ?1",
    },
    Check {
        invariant: "sums",
        message: "an accepted form has a count outside its scope",
        count: "SELECT COUNT(*) FROM current_ruling WHERE outcome IN ('accepted', 'accepted_with_warnings')",
        offending: "SELECT 'receipt:' || COALESCE(s.receipt, s.id), t.date || ' ' || t.start
                    FROM current_ruling r JOIN submission s ON s.id = r.submission_id
                    JOIN slot t ON t.reading_id = r.reading_id
                    WHERE r.outcome IN ('accepted', 'accepted_with_warnings')
                      AND ((t.public > 0 AND r.scope_public = 0) OR (t.private > 0 AND r.scope_private = 0)) LIMIT ?1",
    },
    Check {
        invariant: "sums",
        message: "the findings counted are not the findings recorded",
        count: "SELECT COUNT(*) FROM ruling WHERE reading_of IS NULL",
        offending: "SELECT 'ruling:' || r.id, NULL FROM ruling r
                    WHERE r.reading_of IS NULL AND (r.errors, r.warnings, r.infos, r.staff) IS NOT
                          (SELECT COALESCE(SUM(severity = 'error'), 0), COALESCE(SUM(severity = 'warning'), 0),
                                  COALESCE(SUM(severity = 'info'), 0), COALESCE(SUM(severity = 'staff'), 0)
                           FROM finding WHERE reading_id = r.id) LIMIT ?1",
    },
    Check {
        invariant: "receipts",
        message: "the receipt numbers of a venue have a hole",
        count: "SELECT COUNT(*) FROM submission WHERE receipt IS NOT NULL",
        offending: "SELECT 'venue:' || receipt_key, COUNT(*) || ' numbers up to ' || MAX(serial) FROM submission
                    WHERE receipt IS NOT NULL GROUP BY period, receipt_key
                    HAVING COUNT(*) <> MAX(serial) OR MIN(serial) <> 1 LIMIT ?1",
    },
    Check {
        invariant: "receipts",
        message: "the submission came by mail and has none, or the other way round",
        count: "SELECT COUNT(*) FROM submission",
        offending: "SELECT 'receipt:' || COALESCE(receipt, id), channel FROM submission
                    WHERE (mail_id IS NULL) <> (channel <> 'mail') LIMIT ?1",
    },
    Check {
        invariant: "versions",
        message: "two submissions of one clinic share a version number, or numbers are missing",
        count: "SELECT COUNT(DISTINCT venue_key) FROM ruling WHERE version IS NOT NULL",
        offending: "SELECT 'venue:' || venue_key,
                           COUNT(DISTINCT submission_id) || ' versions up to ' || MAX(version)
                    FROM ruling WHERE version IS NOT NULL GROUP BY venue_key
                    HAVING COUNT(DISTINCT submission_id) <> COUNT(DISTINCT version)
                        OR COUNT(DISTINCT version) <> MAX(version) LIMIT ?1",
    },
    Check {
        invariant: "cap",
        message: "more is in force than the cap that the form was judged by, and no person allowed it",
        count: "SELECT COUNT(DISTINCT venue_key) FROM in_force",
        offending: "SELECT 'venue:' || f.venue_key,
                           SUM(CASE f.visibility WHEN 'public' THEN r.first_public + r.second_public
                                                 ELSE r.first_private + r.second_private END) || ' > ' || MAX(r.cap)
                    FROM in_force f JOIN ruling r ON r.id = f.ruling_id
                    GROUP BY f.venue_key
                    HAVING SUM(CASE f.visibility WHEN 'public' THEN r.first_public + r.second_public
                                                 ELSE r.first_private + r.second_private END) > MAX(r.cap)
                       AND MAX(r.decision_id IS NOT NULL) = 0
                       AND MAX(EXISTS (SELECT 1 FROM finding x
                                       WHERE x.reading_id = COALESCE(r.reading_of, r.id) AND x.code = 'X03')) = 0
                    LIMIT ?1",
    },
];
