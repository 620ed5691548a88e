"""desk: drafts, publications, corrections, relabelling, requests to workers, tokens"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '2026_11_28_desk'
down_revision = '2026_11_23_ingest'
branch_labels = None
depends_on = None


def _requests_and_tokens() -> None:
    op.create_table('desk_requests',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('input', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
    sa.Column('answer', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('error', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('progress', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), server_default=sa.text("'epoch'"), nullable=False),
    sa.Column('lease_token', sa.Text(), nullable=True),
    sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint("kind IN ('check', 'test', 'explain', 'diff', 'impact', 'publish', 'rollback', 'stats', 'suggest', 'evaluate')", name=op.f('ck_desk_requests_kind_known')),
    sa.CheckConstraint("state IN ('waiting', 'done', 'refused', 'failed')", name=op.f('ck_desk_requests_state_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_requests'))
    )
    op.create_index('ix_desk_requests_created_at', 'desk_requests', ['created_at'], unique=False)
    op.create_index('ix_desk_requests_waiting', 'desk_requests', ['id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('tokens',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('scopes', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("scopes <@ ARRAY['read', 'editor', 'operator']", name=op.f('ck_tokens_scopes_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tokens')),
    sa.UniqueConstraint('hash', name=op.f('uq_tokens_hash'))
    )
    op.create_index('ix_tokens_name', 'tokens', ['name'], unique=True, postgresql_where=sa.text('revoked_at IS NULL'))


def _rules() -> None:
    op.create_table('drafts',
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('base', sa.Text(), nullable=False),
    sa.Column('texts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['base'], ['rulebooks.version'], name=op.f('fk_drafts_base_rulebooks')),
    sa.PrimaryKeyConstraint('author', name=op.f('pk_drafts'))
    )
    op.create_table('publications',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('figures', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.ForeignKeyConstraint(['version'], ['rulebooks.version'], name=op.f('fk_publications_version_rulebooks')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publications'))
    )
    op.create_index(op.f('ix_publications_version'), 'publications', ['version'], unique=False)
    op.create_table('relabellings',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('at_sort', sa.DateTime(timezone=True), nullable=True),
    sa.Column('at_id', sa.BigInteger(), nullable=True),
    sa.Column('looked', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('relabelled', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('moved', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['version'], ['rulebooks.version'], name=op.f('fk_relabellings_version_rulebooks')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_relabellings'))
    )
    op.create_index('ix_relabellings_unfinished', 'relabellings', [sa.literal_column('(finished_at IS NULL)')], unique=True, postgresql_where=sa.text('finished_at IS NULL'))
    op.create_table('corrections',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=True),
    sa.Column('regions', sa.ARRAY(sa.Text()), nullable=True),
    sa.Column('topics', sa.ARRAY(sa.Text()), nullable=True),
    sa.Column('places', sa.ARRAY(sa.Text()), nullable=True),
    sa.Column('note', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('document', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('num_nonnulls(regions, topics, places) > 0', name=op.f('ck_corrections_says_something')),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_corrections_article_id_articles'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_corrections'))
    )
    op.create_index(op.f('ix_corrections_article_id'), 'corrections', ['article_id'], unique=False)
    op.create_index('ix_corrections_standing', 'corrections', ['article_id'], unique=True, postgresql_where=sa.text('withdrawn_at IS NULL AND article_id IS NOT NULL'))


def upgrade() -> None:
    _requests_and_tokens()
    _rules()
    op.execute(
        "INSERT INTO publications (version, author, message, at)"
        " SELECT version, author, message, created_at FROM rulebooks ORDER BY created_at"
    )


def downgrade() -> None:
    op.drop_index('ix_corrections_standing', table_name='corrections', postgresql_where=sa.text('withdrawn_at IS NULL AND article_id IS NOT NULL'))
    op.drop_index(op.f('ix_corrections_article_id'), table_name='corrections')
    op.drop_table('corrections')
    op.drop_index('ix_relabellings_unfinished', table_name='relabellings', postgresql_where=sa.text('finished_at IS NULL'))
    op.drop_table('relabellings')
    op.drop_index(op.f('ix_publications_version'), table_name='publications')
    op.drop_table('publications')
    op.drop_table('drafts')
    op.drop_index('ix_tokens_name', table_name='tokens', postgresql_where=sa.text('revoked_at IS NULL'))
    op.drop_table('tokens')
    op.drop_index('ix_desk_requests_waiting', table_name='desk_requests', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_desk_requests_created_at', table_name='desk_requests')
    op.drop_table('desk_requests')
